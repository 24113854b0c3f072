/** `<album-grid>`: the covers, kept current card by card; read again where events were missed. */
import { cardsIn, change, glow, newCard } from "./cards.js";
import { setHidden, setText } from "./dom.js";
import { feed } from "./feed.js";
import { takeChoices } from "./filters.js";
import { moved } from "./motion.js";
import { place } from "./order.js";
import { afterPaint, paint, withPaint } from "./paint.js";
import { searchAsTyped } from "./search.js";
import { current } from "./store.js";

const GATHER_MS = 400; // added albums are put in together, so that covers move seldom
const AGAIN_MS = 3_000; // between two reads of the whole page
// Everybody hears the end of a sync in the same moment; a page takes the server some 20 ms.
const SPREAD_MS_A_WATCHER = 20;
const PAGE_CARDS = 60;
const FIRST_CARDS = 24; // as in catalog.css
const ALBUM_KINDS = ["album-synced", "album-removed"];
const END_KINDS = ["completed", "failed", "cancelled"];

class AlbumGrid extends HTMLElement {
  #address = location.href;
  #heard = []; // events that the cards do not show yet
  #meanwhile = []; // those since the oldest question that has no answer yet
  #asking = 0;
  #added = new Map();
  #gathering = null;
  #reading = null;
  #readAt = -Infinity;
  #stale = false; // something was missed since the page was last asked for

  connectedCallback() {
    feed.addEventListener("events", ({ detail }) => this.#hear(detail));
    feed.addEventListener("snapshot", () => this.#readSoon(spreadMs()));
    searchAsTyped(this, (address) => this.#find(address));
  }

  #hear(events) {
    const heard = events.filter(({ kind }) => ALBUM_KINDS.includes(kind));
    this.#heard.push(...heard);
    if (this.#asking) this.#meanwhile.push(...heard);
    if (heard.length) withPaint(this.#apply);
    if (events.some(({ kind }) => END_KINDS.includes(kind))) this.#readSoon(spreadMs());
  }

  /** Whether the page that is shown may be older than this event. */
  #isNews = ({ position }) => position > Number(this.dataset.position);

  #apply = () => {
    const news = this.#news();
    // A row takes more or fewer lines when its texts change.
    const changesACard = ({ data }) => data.outcome !== "unchanged" && this.#card(data.album);
    if (news.some(changesACard)) moved(this, () => this.#show(news));
    else this.#show(news);
  };

  #news() {
    return this.#heard.splice(0).filter(this.#isNews);
  }

  #show(news) {
    for (const { kind, data } of news) {
      if (kind === "album-removed") this.#remove(data);
      else this.#synced(data);
    }
  }

  #synced(data) {
    const card = this.#card(data.album);
    if (!card && data.outcome === "added" && this.dataset.narrowed !== "true") {
      this.#added.set(data.album, data);
      this.#gathering ??= setTimeout(() => withPaint(this.#insertAdded), GATHER_MS);
    } else if (card && data.outcome !== "unchanged") {
      change(card, data.changes);
      glow(card);
    }
  }

  #remove({ album }) {
    this.#added.delete(album);
    const card = this.#card(album);
    this.#count(-1);
    if (!card) return;
    if (card.contains(document.activeElement)) focusOn(card.nextElementSibling ?? this);
    card.remove();
  }

  #insertAdded = () => {
    this.#gathering = null;
    const added = [...this.#added.values()].filter(({ album }) => !this.#card(album));
    this.#added.clear();
    if (!added.length) return;
    setHidden(this.querySelector("[data-empty]"), true);
    setHidden(this.querySelector("[data-results]"), false);
    moved(this, () => added.forEach((data) => this.#insert(data)));
    this.#count(added.length);
  };

  #insert(data) {
    const card = newCard(this.querySelector("template"), data);
    const cards = [...this.#list.children];
    const index = place(card, cards, {
      sort: this.dataset.sort,
      firstPage: this.dataset.firstPage === "true",
      lastPage: this.dataset.lastPage === "true",
    });
    if (index === null) return;
    this.#list.insertBefore(card, cards[index] ?? null);
    glow(card);
    const last = this.#list.lastElementChild;
    const overflows = this.#list.children.length > PAGE_CARDS;
    if (overflows && !last.contains(document.activeElement)) last.remove();
  }

  #count(more) {
    const total = this.querySelector("[data-total]");
    const narrowed = this.dataset.narrowed === "true";
    if (!narrowed) setText(total, String(Math.max(0, Number(total.textContent) + more)));
  }

  #readSoon(laterMs = 0) {
    this.#stale = true;
    const waitMs = Math.max(0, this.#readAt + AGAIN_MS - performance.now());
    this.#reading ??= setTimeout(() => this.#read(), waitMs + laterMs);
  }

  /** Fetch this very page again and take over its cards, focus and scroll as they are. Until an
   * answer has come that was asked for after the newest reason to ask, it is fetched again. */
  async #read() {
    this.#readAt = performance.now();
    this.#stale = false;
    try {
      await this.#ask({}, { glide: true });
    } catch {
      this.#stale = true; // offline, or the server has an outage: the connection says so
    } finally {
      this.#reading = null;
      if (this.#stale) this.#readSoon(spreadMs());
    }
  }

  /** Show what somebody searches for, without waiting. Whether it is shown. */
  async #find(address) {
    this.#address = address;
    try {
      const found = await this.#ask({ "X-Part": "albums" });
      // What is not shown yet cannot have the focus.
      if (found && !this.contains(document.activeElement)) this.#paintInTwoFrames();
      else paint();
      return found;
    } catch {
      this.#readSoon();
      return false;
    }
  }

  /** The first cards at once and the others in the next frame, unless more of them are in sight. */
  #paintInTwoFrames() {
    this.dataset.fresh = "";
    paint();
    const show = () => delete this.dataset.fresh;
    const second = this.#list?.children[FIRST_CARDS];
    if (second?.getBoundingClientRect().top < innerHeight) show();
    else afterPaint(show);
  }

  /** Whether there was such a page: who has been signed out is led to another. */
  async #ask(headers, { glide = false } = {}) {
    const address = this.#address;
    let page = null;
    this.#asking += 1;
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html", ...headers } });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      if (answer.redirected) return false;
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const take = () => this.#take(page, address);
      withPaint(() => (glide ? moved(this, take) : take()));
      return true;
    } finally {
      if (!page) this.#answered();
    }
  }

  #take(page, address) {
    const isWanted = address === this.#address;
    if (isWanted) {
      this.#replaceBy(page.querySelector("album-grid"));
      takeChoices(page);
      this.#heard = [...this.#meanwhile]; // what was heard before is in it
    }
    this.#answered();
    if (isWanted) this.#show(this.#news());
    else this.#readSoon();
  }

  #answered() {
    this.#asking -= 1;
    if (!this.#asking) this.#meanwhile.length = 0;
  }

  #replaceBy(fresh) {
    const focused = this.#focused();
    const known = new Map(cardsIn(this).map((card) => [card.dataset.album, card]));
    for (const card of cardsIn(fresh)) {
      const same = known.get(card.dataset.album);
      if (same?.isEqualNode(card)) card.replaceWith(same); // its image need not load again
    }
    Object.assign(this.dataset, fresh.dataset);
    this.#added.clear();
    this.replaceChildren(...fresh.childNodes);
    if (focused) focusOn(focused() ?? this);
  }

  /** Finds what has the focus again when all of this is new; null where the focus is elsewhere. */
  #focused() {
    const focused = document.activeElement;
    if (!this.contains(focused)) return null;
    const album = focused.closest("[data-album]")?.dataset.album;
    if (album) return () => this.#card(album);
    const same = (link) => link.href === focused.href && link.textContent === focused.textContent;
    return () => [...this.querySelectorAll("a")].find(same);
  }

  #card(album) {
    return this.querySelector(`[data-album="${CSS.escape(album)}"]`);
  }

  get #list() {
    return this.querySelector("[data-cards]");
  }
}

/** By how much later than others this page asks for what all want to know in the same moment. */
function spreadMs() {
  return Math.random() * current().watchers.length * SPREAD_MS_A_WATCHER;
}

function focusOn(node) {
  const target = node.querySelector("a") ?? node;
  target.focus({ preventScroll: true });
}

customElements.define("album-grid", AlbumGrid);
