/** `<connection-chip>`: in words, whether what stands here is current. */
import { onTick } from "./clock.js";
import { setHidden, setText } from "./dom.js";
import { withPaint } from "./paint.js";
import { current, signedOut, subscribe } from "./store.js";

const BLINK_MS = 2_000; // a shorter interruption is nobody's concern

class ConnectionChip extends HTMLElement {
  #lostAt = null;

  connectedCallback() {
    subscribe((state) => this.#show(state));
    const show = () => this.#show(current());
    onTick(() => withPaint(show));
  }

  #show(state) {
    const { connection, delayed, outdated } = state;
    const lost = connection.name === "connecting" && connection.attempt;
    this.#lostAt = lost ? (this.#lostAt ?? performance.now()) : null;
    if (lost && performance.now() - this.#lostAt < BLINK_MS) return;
    const name = connection.name === "live" ? live(delayed, outdated) : connection.name;
    this.dataset.connection = name;
    setText(this.querySelector("[data-text]"), phrase({ ...connection, name }));
    setHidden(this.querySelector("[data-sign-in]"), !signedOut(state));
    setHidden(this.querySelector("[data-reload]"), !outdated || signedOut(state));
  }
}

function live(delayed, outdated) {
  if (outdated) return "outdated";
  return delayed ? "delayed" : "live";
}

function phrase({ name, reason, attempt, retryAt, silentMs }) {
  switch (name) {
    case "live":
      return "Live";
    case "outdated":
      return "Live, but your sign-in or your rights have changed.";
    case "delayed":
      return "Live, delayed by up to 2 s"; // the server looks each second, and is late itself
    case "connecting":
      return attempt ? `Reconnecting, ${reconnecting(attempt, retryAt)}` : "Connecting";
    case "polling":
      return reason === "too-many"
        ? "Too many pages are open, so this one asks every 5 s"
        : "No live connection, asking every 5 s";
    case "stale":
      return `Last update ${seconds(silentMs())} s ago`;
    case "offline":
      return "Offline, trying again";
    case "signed-out":
      return "You are signed out, so this page stands still.";
    default:
      return "";
  }
}

function reconnecting(attempt, retryAt) {
  const left = seconds(retryAt - performance.now());
  return left > 0 ? `attempt ${attempt} in ${left} s` : `attempt ${attempt}`;
}

function seconds(milliseconds) {
  return Math.round(milliseconds / 1000);
}

customElements.define("connection-chip", ConnectionChip);
