/** The way to the status where there is no socket: slower, and enough. */

const WITHOUT_SOCKET_MS = 10_000;
const SPREAD_MS = 3_000; // earlier, so that a server is not asked by all its browsers at once
const EVERY_MS = 5_000;

export class Polling {
  #handlers; // status(status), failed(), signedOut()
  #timer = null;
  #turn = 0; // counts: an answer to a question of an earlier turn is dropped
  active = false;

  constructor(handlers) {
    this.#handlers = handlers;
  }

  /** Begins after a while without a socket, or at once. */
  begin({ atOnce = false } = {}) {
    if (this.active || (this.#timer && !atOnce)) return;
    clearTimeout(this.#timer);
    const waitMs = atOnce ? 0 : WITHOUT_SOCKET_MS - Math.random() * SPREAD_MS;
    const turn = ++this.#turn;
    this.#timer = setTimeout(() => this.#poll(turn), waitMs);
  }

  stop() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.active = false;
  }

  async #poll(turn) {
    this.active = true;
    await this.once(turn);
    if (turn === this.#turn) this.#timer = setTimeout(() => this.#poll(turn), EVERY_MS);
  }

  async once(turn = this.#turn) {
    const tell = await asked(this.#handlers);
    if (turn === this.#turn) tell();
  }
}

/** Asks once; what to tell, and whom. */
async function asked({ status, failed, signedOut }) {
  try {
    const answer = await fetch("/api/status", { headers: { Accept: "application/json" } });
    if (answer.status === 401) return signedOut;
    if (!answer.ok) return failed;
    const found = await answer.json();
    return () => status(found);
  } catch {
    return failed;
  }
}
