/**
 * The events of one sync, read in pages, with the status before each page: the moment at any
 * position is folded from there, by the fold of the live pages, which also checks the chain.
 */
import { fold } from "./status.js";

const PAGE_EVENTS = 500; // the same in frontend/replay_page.py
const MAX_PAGES = 40; // with their events, some 20 MB; of all others only the status before is kept

export class ReplayLog {
  #source;
  #before; // the status before each page, as far as it is known
  #pages = new Map(); // those at hand by their number, the one used last at the end
  #wanted = 0;
  #reading = false;
  #last = null; // the status given last: the next one is often right behind it

  /** `source`: `{first, last, before, events}`, positions, the status before and the address. */
  constructor(source) {
    this.#source = source;
    this.#before = [source.before];
  }

  get events() {
    return this.#source.last - this.#source.first + 1;
  }

  /** The share of the sync that can be shown at once, or after one read at most. */
  get share() {
    return Math.min(1, (this.#before.length * PAGE_EVENTS) / this.events);
  }

  /** The event at a position, undefined while it is not at hand. */
  event(position) {
    const number = this.#pageOf(position);
    return this.#pages.get(number)?.events[position - this.#firstOf(number)];
  }

  /** `{event, sentence, status}` at a position whose event is at hand. */
  moment(position) {
    const number = this.#pageOf(position);
    const page = this.#pages.get(number);
    this.#pages.delete(number);
    this.#pages.set(number, page);
    const first = this.#firstOf(number);
    const near = this.#last?.position;
    const from = near >= first && near <= position ? this.#last : this.#before[number];
    const index = position - first;
    this.#last = fold(page.events.slice(from.position + 1 - first, index + 1), from);
    return { event: page.events[index], sentence: page.sentences[index], status: this.#last };
  }

  /** Reads until this position is at hand and, behind it, the whole sync once. `changed` is called
   * after each page. Throws what fetch throws, an answer that was refused, or a Gap. */
  async read(position, changed) {
    this.#wanted = this.#pageOf(position);
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (let number = this.#next(); number !== null; number = this.#next()) {
        await this.#load(number);
        changed();
      }
    } finally {
      this.#reading = false;
    }
  }

  #next() {
    const known = this.#before.length;
    if (this.#wanted < known && !this.#pages.has(this.#wanted)) return this.#wanted;
    return known * PAGE_EVENTS < this.events ? known - 1 : null;
  }

  async #load(number) {
    const answer = await fetch(`${this.#source.events}?after=${this.#firstOf(number) - 1}`, {
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) throw (await answer.json().catch(() => ({}))).error ?? new Error();
    const { events, sentences } = await answer.json();
    const after = fold(events, this.#before[number]);
    const last = Math.min(this.#firstOf(number + 1) - 1, this.#source.last);
    if (after.position < last) throw new Error();
    if (number + 1 === this.#before.length) this.#before.push(after);
    this.#pages.set(number, { events, sentences });
    if (this.#pages.size > MAX_PAGES) this.#pages.delete(this.#pages.keys().next().value);
  }

  #pageOf(position) {
    return Math.floor((position - this.#source.first) / PAGE_EVENTS);
  }

  #firstOf(number) {
    return this.#source.first + number * PAGE_EVENTS;
  }
}
