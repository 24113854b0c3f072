/**
 * `<sync-live>`: the page of one sync. While the sync runs its head is live; what stands below is
 * being read, so new events are only counted there, and shown when somebody asks for them.
 */
import { setAttribute, setHidden, setText } from "./dom.js";
import { feed } from "./feed.js";
import { panelState, panelView, unfinished } from "./panel-view.js";
import { subscribe } from "./store.js";

class SyncLive extends HTMLElement {
  #fresh = 0; // events that are not on the page
  #missed = false; // whether there are others that nobody has counted

  connectedCallback() {
    openNamedEvent();
    if (!this.dataset.operation) return;
    subscribe(({ status }) => status && this.#show(status));
    feed.addEventListener("events", ({ detail }) => this.#count(detail));
    feed.addEventListener("snapshot", () => this.#count([], true));
  }

  #show({ operation, position }) {
    const isThis = operation?.id === this.dataset.operation;
    const over = !isThis || !unfinished(operation);
    if (isThis) this.#showHead(operation);
    if (position > Number(this.dataset.position) || this.#missed) this.#offer(over);
  }

  #showHead(operation) {
    const state = panelState(operation);
    const mark = this.#part("state").querySelector(".state");
    setAttribute(mark, "class", `state state-${state}`);
    setAttribute(mark.querySelector("use"), "href", `#mark-${state}`);
    const name = state === "warnings" ? "completed with warnings" : state;
    setText(mark.querySelector("span"), name[0].toUpperCase() + name.slice(1));
    setText(this.#part("headline"), operation.message);
    const { bar, figures } = panelView(operation, null, null);
    setText(this.#part("figures"), unfinished(operation) ? figures : "");
    if (!bar) return;
    const track = this.#part("bar");
    track.classList.toggle("bar-unknown", !bar.max);
    setAttribute(track, "aria-valuetext", bar.text);
    setAttribute(track, "aria-valuemin", bar.max ? 0 : null);
    setAttribute(track, "aria-valuemax", bar.max);
    setAttribute(track, "aria-valuenow", bar.max ? bar.now : null);
    setAttribute(this.#part("synced"), "width", bar.synced);
    setAttribute(this.#part("failed"), "x", bar.synced);
    setAttribute(this.#part("failed"), "width", bar.failed);
  }

  #count(events, missed = false) {
    this.#missed ||= missed;
    for (const { operation, position } of events) {
      const isNew = position > Number(this.dataset.position);
      if (isNew && operation === this.dataset.operation) this.#fresh += 1;
    }
  }

  #offer(over) {
    if (!this.#part("fresh")) return; // the page of one event
    const count = this.#fresh;
    if (!count && !this.#missed && !over) return;
    const events = this.#missed || !count ? "New events" : `${count} new event${count === 1 ? "" : "s"}`;
    setText(this.#part("freshLink"), over && !this.#missed ? "It has ended: show all of it" : `${events}: show`);
    setHidden(this.#part("fresh"), false);
  }

  #part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }
}

/** `#e4711` names an event that may stand on any page of a long sync: there is one link to it. */
function openNamedEvent() {
  const [, position] = location.hash.match(/^#e([1-9][0-9]{0,15})$/) ?? [];
  if (position && !document.getElementById(`e${position}`)) {
    location.replace(`${location.pathname}?at=${position}#e${position}`);
  }
}

addEventListener("hashchange", () => document.querySelector("sync-live") && openNamedEvent());
customElements.define("sync-live", SyncLive);
