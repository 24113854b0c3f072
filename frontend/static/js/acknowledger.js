/** Tells the server how far this page has come: within a second of events. Everybody waits for
 * another while, or all the pages that an event has reached would answer at once. */

const LEAST_WAIT_MS = 500;
const MORE_MS = 500; // of which each wait takes a part by chance

export class Acknowledger {
  #socket;
  #timer = null;
  #owed = null; // the position that has not been acknowledged yet
  #owedUntil = Infinity; // when it will be

  constructor(socket) {
    this.#socket = socket;
  }

  /** Called for every frame, since a hidden tab's timers may sleep for a minute. */
  received(frame, position) {
    if (frame.type === "events" || frame.type === "snapshot") this.#owed = position;
    if (this.#owed === null) return;
    const now = performance.now();
    if (this.#timer === null) {
      const waitMs = LEAST_WAIT_MS + MORE_MS * Math.random();
      this.#owedUntil = now + waitMs;
      this.#timer = setTimeout(() => this.#send(), waitMs);
    } else if (now >= this.#owedUntil) {
      this.#send();
    }
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #send() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ type: "ack", position: this.#owed }));
    this.#owed = null;
  }
}
