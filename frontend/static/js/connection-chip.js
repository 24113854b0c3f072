/** `<connection-chip>`: in words, whether what stands here is current. */
import { onTick } from "./clock.js";
import { setHidden, setText } from "./dom.js";
import { current, subscribe } from "./store.js";

const BLINK_MS = 2_000; // a shorter interruption is nobody's concern
const DELAYED = "Live, delayed by up to 2 s"; // the server looks each second, and is late itself

class ConnectionChip extends HTMLElement {
  #lostAt = null;

  connectedCallback() {
    subscribe((state) => this.#show(state));
    onTick(() => this.#show(current()));
  }

  #show({ connection, delayed }) {
    const lost = connection.name === "connecting" && connection.attempt;
    this.#lostAt = lost ? (this.#lostAt ?? performance.now()) : null;
    if (lost && performance.now() - this.#lostAt < BLINK_MS) return;
    const late = delayed && connection.name === "live";
    this.dataset.connection = late ? "delayed" : connection.name;
    setText(this.querySelector("[data-text]"), late ? DELAYED : phrase(connection));
    setHidden(this.querySelector("a"), connection.name !== "signed-out");
  }
}

function phrase({ name, attempt, retryAt, sinceFrame }) {
  switch (name) {
    case "live":
      return "Live";
    case "connecting":
      return attempt ? `Reconnecting, ${reconnecting(attempt, retryAt)}` : "Connecting";
    case "polling":
      return "No live connection, asking every 5 s";
    case "stale":
      return `Last update ${seconds(sinceFrame())} s ago`;
    case "offline":
      return "Offline, trying again";
    case "signed-out":
      return "You are signed out.";
    case "not-allowed":
      return "Live updates are not allowed for you";
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
