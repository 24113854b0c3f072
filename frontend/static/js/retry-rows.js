/** `<retry-rows>`: names the rows that another try is about, before it starts. */
import { element, setAttribute, setHidden, setText } from "./dom.js";
import { failedRow } from "./failed-row.js";
import { panelView } from "./panel-view.js";
import { albums } from "./sentences.js";
import { operation, signedOut, subscribe } from "./store.js";

class RetryRows extends HTMLElement {
  #shown = null;

  connectedCallback() {
    subscribe((state) => this.#show(signedOut(state) ? null : operation(state)));
  }

  #show(operation) {
    const { retry, retryUnnamed } = panelView(operation, null, null);
    if (!retry) return this.#close();
    if (operation.failures === this.#shown) return;
    this.#shown = operation.failures;
    setText(this.querySelector("[data-count]"), albums(retry));
    setAttribute(this.querySelector("form"), "action", `/syncs/${operation.id}/retry/`);
    setAttribute(this.querySelector("[data-all]"), "href", `/syncs/${operation.id}/`);
    const more = this.querySelector("[data-more]");
    setHidden(more, !retryUnnamed);
    setText(more.firstElementChild, String(retryUnnamed));
    const rows = operation.failures.toSorted((one, other) => one.row - other.row);
    const items = rows.map((failure) => element("li", {}, failedRow(failure)));
    this.querySelector("ul").replaceChildren(...items);
  }

  /** Another sync has begun meanwhile, or the session has ended. The focus must not be lost with the rows. */
  #close() {
    const focused = this.contains(document.activeElement);
    this.parentElement.togglePopover?.(false); // older browsers retry from the page of the sync
    if (focused) this.closest("sync-panel").focus({ preventScroll: true });
  }
}

customElements.define("retry-rows", RetryRows);
