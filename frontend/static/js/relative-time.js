/** `<relative-time datetime data-form>`: a time in words that moves on by itself. */
import { now, onTick } from "./clock.js";
import { setHidden, setText } from "./dom.js";
import { withPaint } from "./paint.js";
import { absolute, ago, clock, shortAgo, span } from "./words.js";

class RelativeTime extends HTMLElement {
  static observedAttributes = ["datetime"];
  #stop = null;

  connectedCallback() {
    this.#stop = onTick(() => withPaint(this.#show));
    this.#describe();
  }

  disconnectedCallback() {
    this.#stop();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#describe();
  }

  /** Writes what does not change with the passing of time. */
  #describe() {
    const moment = this.#moment();
    setHidden(this, moment === null);
    const time = this.querySelector("time");
    if (!time || moment === null) return;
    time.dateTime = this.getAttribute("datetime");
    time.title = absolute(moment);
    this.#show();
  }

  #show = () => {
    const moment = this.#moment();
    if (moment !== null) setText(this.querySelector("time"), this.#phrase(moment));
  };

  #moment() {
    const milliseconds = Date.parse(this.getAttribute("datetime") ?? "");
    return Number.isNaN(milliseconds) ? null : new Date(milliseconds);
  }

  #phrase(moment) {
    const passed = (now() - moment) / 1000;
    switch (this.dataset.form) {
      case "clock":
        return clock(moment, new Date(now()));
      case "countdown":
        return span(Math.max(0, -passed));
      case "short":
        return shortAgo(passed);
      default:
        return ago(passed);
    }
  }
}

customElements.define("relative-time", RelativeTime);
