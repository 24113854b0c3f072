/** `<failure-list>`: how many albums failed, and on request which, why and what to do. */
import { element, setAttribute, setHidden, setText } from "./dom.js";
import { failedRow } from "./failed-row.js";
import { operation, subscribe } from "./store.js";

class FailureList extends HTMLElement {
  #shown = null;

  connectedCallback() {
    subscribe((state) => this.#show(operation(state)));
  }

  #show(operation) {
    const failed = operation?.failed ?? 0;
    setHidden(this, !failed);
    setText(this.querySelector("summary [data-count]"), String(failed));
    const all = this.querySelector("[data-all]");
    if (operation?.id) setAttribute(all, "href", `/syncs/${operation.id}/`);
    if (operation?.failures === this.#shown) return;
    this.#shown = operation?.failures;
    // The newest first: somebody who watches looks for what has just happened.
    const items = (this.#shown ?? []).map(item).reverse();
    this.querySelector("ul").replaceChildren(...items);
  }
}

function item(failure) {
  return element(
    "li",
    {},
    failedRow(failure),
    element("p", {}, failure.message),
    element("p", { class: "failure-remedy" }, failure.remedy),
  );
}

customElements.define("failure-list", FailureList);
