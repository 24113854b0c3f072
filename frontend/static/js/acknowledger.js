/** Tells the server how far this page has come: at most once a second, soon after events. */

const MIN_MS_BETWEEN = 1_000;

export class Acknowledger {
  #socket;
  #timer = null;
  #sentAt = -Infinity;
  #owed = null; // the position that has not been acknowledged yet

  constructor(socket) {
    this.#socket = socket;
  }

  /** Called for every frame, since a hidden tab's timers may sleep for a minute. */
  received(frame, position) {
    if (frame.type === "events" || frame.type === "snapshot") this.#owed = position;
    if (this.#owed === null) return;
    const waitMs = this.#sentAt + MIN_MS_BETWEEN - performance.now();
    if (waitMs <= 0) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), waitMs);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #send() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ type: "ack", position: this.#owed }));
    this.#sentAt = performance.now();
    this.#owed = null;
  }
}
