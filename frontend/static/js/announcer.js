/** `<sync-announcer>`: the one polite live region; it says little, and never in a hurry. */
import { withPaint } from "./paint.js";
import { unfinished } from "./panel-view.js";
import { albums } from "./sentences.js";
import { namedOperation, subscribe } from "./store.js";

const MIN_MS_BETWEEN = 10_000;
const IMPORTANCE = { quarter: 0, start: 1, failure: 2, end: 3, "signed-out": 4 };
const SIGNED_OUT = "You are signed out, so this page stands still.";

class SyncAnnouncer extends HTMLElement {
  #before = undefined;
  #connection = "";
  #waiting = null;
  #timer = null;
  #saidAt = -Infinity;

  connectedCallback() {
    subscribe((state) => {
      this.#notice(namedOperation(state));
      this.#noticeConnection(state.connection.name);
    });
  }

  /** Says what somebody asked for, at once. */
  say(text) {
    this.#saidAt = performance.now();
    withPaint(() => {
      this.textContent = text;
    });
  }

  #notice(operation) {
    const before = this.#before;
    this.#before = operation;
    if (before === undefined || operation === null) return; // what stood there at load is no news
    const message = news(before, operation);
    if (message) this.#queue(message);
  }

  #noticeConnection(name) {
    const before = this.#connection;
    this.#connection = name;
    if (name === "signed-out" && before !== name) this.#queue({ kind: name, text: SIGNED_OUT });
  }

  #queue(message) {
    if (this.#waiting && IMPORTANCE[this.#waiting.kind] > IMPORTANCE[message.kind]) return;
    this.#waiting = message;
    const waitMs = this.#saidAt + MIN_MS_BETWEEN - performance.now();
    this.#timer ??= setTimeout(() => withPaint(() => this.#say()), Math.max(0, waitMs));
  }

  #say() {
    this.textContent = this.#waiting.text;
    this.#waiting = this.#timer = null;
    this.#saidAt = performance.now();
  }
}

/** What is worth saying about the step from one state of the operation to the next. */
export function news(before, operation) {
  const same = before !== null && before.id === operation.id;
  const wasBusy = before !== null && unfinished(before);
  if (!unfinished(operation)) {
    return wasBusy || !same ? { kind: "end", text: operation.message } : null;
  }
  if (!wasBusy) return { kind: "start", text: `${operation.requested_by} started a sync.` };
  if (operation.failed && !before.failed) {
    const { title, artist, message } = operation.failures.at(-1);
    return { kind: "failure", text: `First failure: ${title} by ${artist}. ${message}` };
  }
  const quarter = quarters(operation);
  if (quarter > quarters(before) && quarter < 4) {
    const done = operation.synced + operation.failed;
    const text = `${quarter * 25} % done, ${done} of ${albums(operation.total)}.`;
    return { kind: "quarter", text };
  }
  return null;
}

function quarters({ total, synced, failed }) {
  return total ? Math.floor((4 * (synced + failed)) / total) : 0;
}

customElements.define("sync-announcer", SyncAnnouncer);
