/** `<failure-list>`: how many albums failed, and on request which, why and what to do. */
import { element, setAttribute, setHidden, setText } from "./dom.js";
import { failedRow } from "./failed-row.js";
import { operation, subscribe } from "./store.js";

class FailureList extends HTMLElement {
  #shown = [];

  connectedCallback() {
    subscribe((state) => this.#show(operation(state)));
  }

  #show(operation) {
    const failed = operation?.failed ?? 0;
    setHidden(this, !failed);
    setText(this.querySelector("summary [data-count]"), String(failed));
    const all = this.querySelector("[data-all]");
    if (operation?.id) setAttribute(all, "href", `/syncs/${operation.id}/`);
    if (operation?.failures !== this.#shown) this.#list(operation?.failures ?? []);
  }

  /** The newest first: somebody who watches looks for what has just happened. Only what has come
   * since is put in, and only the oldest are taken out. */
  #list(failures) {
    const list = this.querySelector("ul");
    const known = failures.lastIndexOf(this.#shown.at(-1));
    const items = failures.slice(known + 1).map(item).reverse();
    if (known < 0) list.replaceChildren(...items);
    else list.prepend(...items);
    while (list.children.length > failures.length) list.lastElementChild.remove();
    this.#shown = failures;
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
