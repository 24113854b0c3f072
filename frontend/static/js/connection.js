/**
 * Owns the socket. Connecting again is the same path as the first load: the cursor (position and
 * hash of the last event that was folded) goes up, everything after it comes down.
 *
 * `handlers`: cursor(), snapshot(frame, expected), events(frame), heartbeat(frame),
 * watchers(frame), state(name, details). `events` throws Gap where they do not follow.
 */
import { Acknowledger } from "./acknowledger.js";
import { backoffMs } from "./backoff.js";
import { onTick, stopwatch } from "./clock.js";
import { Gap } from "./status.js";

const CATCH_UP_MS = 2_000; // the log's head is ahead of us: its events follow within this time
const STALE_MS = 15_000; // three heartbeats missed
const DEAD_MS = 60_000; // then the socket is given up
const ASLEEP_MS = 7_000; // seen when the page wakes: a heartbeat was missed
const TOO_MANY_RETRY_MS = 60_000;
const CLOSE_REASONS = { 4401: "signed-out", 4403: "rights", 4429: "too-many" };

export class Connection {
  #handlers;
  #socket = null;
  #acknowledger = null;
  #retry = null;
  #catchUp = null;
  #attempt = 0;
  #silentMs = null; // a stopwatch: since the newest frame, or since this socket was opened
  #sinceTick = stopwatch();
  #headsBehindUs = 0;
  #sentCursor = false;
  #state = "connecting";
  #begun = false; // a page that shows nothing live never opens it

  constructor(handlers) {
    this.#handlers = handlers;
    onTick(() => this.#tick());
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake());
    document.addEventListener("resume", () => this.#wake());
    addEventListener("online", () => this.#wake());
    addEventListener("pageshow", () => this.#wake());
    addEventListener("pagehide", () => this.#drop());
  }

  open() {
    this.#begun = true;
    this.#drop();
    const socket = new WebSocket(this.#url());
    this.#socket = socket;
    this.#acknowledger = new Acknowledger(socket);
    this.#silentMs = stopwatch();
    this.#headsBehindUs = 0;
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code);
  }

  /** Nobody is signed in any more, so nothing is tried until the page wakes. */
  standStill() {
    this.#drop();
    this.#become("signed-out");
  }

  #url() {
    const { position, hash } = this.#handlers.cursor();
    this.#sentCursor = Boolean(hash);
    const url = new URL("/ws/sync/", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    if (hash) url.search = new URLSearchParams({ after: position, hash });
    return url;
  }

  #receive(frame) {
    this.#silentMs = stopwatch();
    this.#attempt = 0;
    this.#become("live");
    if (frame.type === "events") this.#receiveEvents(frame);
    else if (frame.type === "snapshot") this.#handlers.snapshot(frame, !this.#sentCursor);
    else if (frame.type === "heartbeat") this.#receiveHeartbeat(frame);
    else if (frame.type === "watchers") this.#handlers.watchers(frame);
    this.#acknowledger?.received(frame, this.#handlers.cursor().position);
  }

  #receiveEvents(frame) {
    try {
      this.#handlers.events(frame);
    } catch (error) {
      if (!(error instanceof Gap)) throw error;
      this.#reconnect();
    }
  }

  #receiveHeartbeat(frame) {
    this.#handlers.heartbeat(frame);
    const { position, hash } = this.#handlers.cursor();
    const behindUs = frame.position < position;
    this.#headsBehindUs = behindUs ? this.#headsBehindUs + 1 : 0;
    const foreign = frame.position === position && frame.hash !== hash;
    if (foreign || this.#headsBehindUs > 1) this.#reconnect();
    else if (frame.position > position) this.#expect(frame.position);
  }

  /** The log's head is ahead of us: a message was lost, unless its events are on their way. */
  #expect(head) {
    this.#catchUp ??= setTimeout(() => {
      this.#catchUp = null;
      if (this.#handlers.cursor().position < head) this.#reconnect();
    }, CATCH_UP_MS);
  }

  #reconnect() {
    this.#closed(null);
  }

  #closed(code) {
    this.#drop();
    const reason = CLOSE_REASONS[code];
    // Once more: a new password or another sign-in may have given this browser another session.
    if (reason === "signed-out" && this.#attempt) return this.standStill();
    const waitMs = reason === "too-many" ? TOO_MANY_RETRY_MS : backoffMs(this.#attempt);
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.open(), waitMs);
    const retryAt = performance.now() + waitMs;
    this.#become("connecting", { attempt: this.#attempt, retryAt, reason });
  }

  #tick() {
    const asleep = this.#sinceTick() > ASLEEP_MS;
    this.#sinceTick = stopwatch();
    if (asleep) this.#wake();
    else this.#watchSilence();
  }

  #watchSilence() {
    if (!this.#socket) return;
    const silentMs = this.#silentMs();
    if (silentMs > DEAD_MS) this.#reconnect();
    else if (silentMs > STALE_MS && this.#state !== "connecting") {
      this.#become("stale", { silentMs: this.#silentMs });
    }
  }

  /** Timers sleep with the page, so what they would have noticed is looked at now; and somebody who
   * was signed out may have signed in meanwhile. */
  #wake() {
    if (!this.#begun) return;
    if (!this.#socket || this.#silentMs() > ASLEEP_MS) this.open();
  }

  #drop() {
    clearTimeout(this.#retry);
    clearTimeout(this.#catchUp);
    this.#catchUp = null;
    this.#acknowledger?.stop();
    const socket = this.#socket;
    this.#socket = this.#acknowledger = null;
    socket?.close();
  }

  #become(name, details = {}) {
    if (name === this.#state && name === "live") return;
    this.#state = name;
    this.#handlers.state(name, details);
  }
}
