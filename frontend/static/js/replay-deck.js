/** `<replay-deck>`: plays a past sync on this page's panel, and goes to any of its events. */
import { setServerTime, stop } from "./clock.js";
import { json, setAttribute, setHidden, setText } from "./dom.js";
import { ReplayLog } from "./replay-log.js";
import { stayMs } from "./replay-pace.js";
import { Gap } from "./status.js";
import { subscribe, update } from "./store.js";
import { absolute, span } from "./words.js";

const MAX_BEHIND_MS = 250; // what a hidden tab missed is not made up for in a rush
const ADDRESS_AFTER_MS = 300; // browsers refuse an address that changes many times a second

class ReplayDeck extends HTMLElement {
  #source = json("replay");
  #log = new ReplayLog(this.#source);
  #parts = {};
  #slider = this.querySelector("input");
  #moment = null; // the one shown
  #position = Number(this.#slider.value); // the one asked for
  #playing = false;
  #dueAt = 0; // when the next event is to be shown, as performance.now() has it
  #addressing = null;

  connectedCallback() {
    stop();
    setServerTime(json("viewer").now);
    for (const part of this.querySelectorAll("[data-part]")) this.#parts[part.dataset.part] = part;
    const { form, play, show, speeds } = this.#parts;
    setHidden(show, true);
    setHidden(speeds, false);
    setHidden(play, false);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.#goTo(Number(this.#slider.value)));
    play.addEventListener("click", () => (this.#playing ? this.#stop() : this.#play()));
    for (const link of this.querySelectorAll("[data-step]")) {
      link.addEventListener("click", (event) => this.#step(event, link.dataset.step));
    }
    subscribe(() => this.#moment && this.#show(this.#moment));
    this.#read();
  }

  #step(event, name) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab has the same page
    event.preventDefault();
    const { first, last } = this.#source;
    const at = this.#position;
    this.#goTo({ first, previous: at - 1, next: at + 1, last }[name]);
  }

  /** Somebody goes to a position: that ends the playing. */
  #goTo(position) {
    if (this.#playing) this.#stop();
    this.#move(position, { now: true });
    this.#read();
  }

  #move(position, { now = false } = {}) {
    const { first, last } = this.#source;
    this.#position = Math.min(last, Math.max(first, position));
    this.#writeAddress();
    if (!this.#log.event(this.#position)) return; // it is being read
    this.#moment = this.#log.moment(this.#position);
    setServerTime(this.#moment.event.at);
    update({ status: this.#moment.status, error: null }, { now });
  }

  #read(position = this.#position) {
    this.#log.read(position, () => this.#arrived()).catch((error) => this.#failed(error));
  }

  #arrived() {
    const percent = Math.floor(100 * this.#log.share);
    setText(this.#parts.reading, percent < 100 ? `Reading its events, ${percent} %` : "");
    const waiting = this.#moment?.event.position !== this.#position;
    if (waiting) this.#move(this.#position, { now: true });
  }

  #failed(error) {
    if (this.#playing) this.#stop();
    setText(this.#parts.reading, "");
    const problem = error.message && error.remedy ? error : unread(error);
    update({ error: problem }, { now: true });
  }

  #play() {
    this.#playing = true;
    setText(this.#parts.play, "Pause");
    if (this.#position === this.#source.last) this.#move(this.#source.first);
    this.#dueAt = performance.now() + this.#stayMs(this.#position);
    this.#read();
    requestAnimationFrame((now) => this.#advance(now));
  }

  #advance(now) {
    if (!this.#playing) return;
    this.#dueAt = Math.max(this.#dueAt, now - MAX_BEHIND_MS);
    let position = this.#position;
    while (position < this.#source.last && this.#dueAt <= now) {
      if (!this.#log.event(position + 1)) {
        this.#dueAt = now;
        this.#read(position + 1);
        break;
      }
      position += 1;
      this.#dueAt += this.#stayMs(position);
    }
    if (position !== this.#position) this.#move(position);
    if (position === this.#source.last) this.#stop();
    else requestAnimationFrame((next) => this.#advance(next));
  }

  #stop() {
    this.#playing = false;
    const ended = this.#position === this.#source.last;
    setText(this.#parts.play, ended ? "Play again" : "Play");
    const where = `event ${this.#numberOf(this.#position)} of ${this.#log.events}`;
    setText(this.#parts.said, ended ? "The replay has ended." : `Paused at ${where}.`);
  }

  #stayMs(position) {
    const [here, next] = [position, position + 1].map((place) => this.#log.event(place)?.at);
    const speed = this.#parts.speeds.querySelector("select").value;
    return stayMs(speed, Date.parse(next) - Date.parse(here) || 0, this.#log.events);
  }

  #show({ event, sentence }) {
    const { number, at, passed, link, other, sentence: words } = this.#parts;
    const place = this.#numberOf(event.position);
    this.#slider.value = event.position;
    const told = `Event ${place} of ${this.#log.events}: ${sentence}`;
    setAttribute(this.#slider, "aria-valuetext", told);
    setText(number, String(place));
    setText(words, sentence);
    const moment = new Date(event.at);
    setAttribute(at, "datetime", event.at);
    setText(at, absolute(moment));
    const seconds = (moment - Date.parse(this.#source.asked)) / 1000;
    setHidden(passed, seconds <= 0);
    setText(passed.firstElementChild, span(seconds));
    const own = event.operation !== null;
    setAttribute(link, "href", `${this.#source.sync}?at=${event.position}#e${event.position}`);
    setHidden(link, !own);
    setHidden(other, own);
    for (const one of [link, other]) setText(one.firstElementChild, String(event.position));
    this.#showSteps(event.position);
    // Set anew, so that they look at the clock at once.
    for (const time of document.querySelectorAll("relative-time[datetime]")) {
      time.setAttribute("datetime", time.getAttribute("datetime"));
    }
  }

  #showSteps(at) {
    const { first, last } = this.#source;
    const steps = { first, previous: Math.max(first, at - 1), next: Math.min(last, at + 1), last };
    for (const [name, position] of Object.entries(steps)) {
      const link = this.querySelector(`[data-step="${name}"]`);
      setAttribute(link, "href", `?at=${position}`);
      setAttribute(link, "aria-disabled", position === at ? "true" : null);
    }
  }

  #numberOf(position) {
    return position - this.#source.first + 1;
  }

  /** So that a moment can be shared, and loaded again. */
  #writeAddress() {
    this.#addressing ??= setTimeout(() => {
      this.#addressing = null;
      history.replaceState(null, "", `?at=${this.#position}`);
    }, ADDRESS_AFTER_MS);
  }
}

function unread(error) {
  if (error instanceof Gap) {
    return {
      message: "The log does not hold here: " + error.message + ".",
      remedy: "Verify it on the page of the proof.",
    };
  }
  return {
    message: "The events of this sync could not be read.",
    remedy: "Check your connection, and go to an event to try again.",
  };
}

customElements.define("replay-deck", ReplayDeck);
