/** `<sync-rows>`: the row of the sync under way; where `data-open`, one that begins gets a row. */
import { json, setAttribute, setHidden, setText } from "./dom.js";
import { counts, panelState, panelView, percent, unfinished } from "./panel-view.js";
import { subscribe } from "./store.js";

class SyncRows extends HTMLElement {
  connectedCallback() {
    subscribe(({ status }) => status?.operation && this.#show(status.operation));
  }

  #show(operation) {
    // Where events were skipped, the end of the one before it may have been among them.
    const running = ":is(.state-pending, .state-running, .state-waiting)";
    for (const row of this.querySelectorAll(`[data-live]:has(${running})`)) {
      if (row.dataset.live !== operation.id) this.#missed(row);
    }
    const row = this.querySelector(`[data-live="${operation.id}"]`) ?? this.#added(operation);
    if (!row) return;
    const part = (name) => row.querySelector(`[data-part="${name}"]`);
    const { failed, failures } = operation;
    const state = panelState(operation);
    const done = operation.synced + failed;
    const mark = row.querySelector(".state");
    setAttribute(mark, "class", `state state-${state}`);
    setAttribute(mark.querySelector("use"), "href", `#mark-${state}`);
    setText(mark.querySelector("span"), state === "warnings" ? "Completed with warnings" : state);
    setText(part("sentence"), operation.message);
    const { duration } = panelView(operation, null, null);
    setText(part("took"), duration && `, took ${duration}`);
    setText(part("counts"), done ? `${counts(operation)}${failed ? ` ${failed} failed.` : ""}` : "");
    this.#showBar(row.querySelector("svg.counts"), operation, done);
    if (!failed || failed > failures.length) return;
    const { row: place, artist, title, code, message } = failures[0];
    const name = title ? `“${title}”${artist && ` by ${artist}`}` : `Row ${place}`;
    setHidden(part("error"), false);
    setText(part("errorText"), `First error: ${name} failed: ${message}`);
    setText(part("code"), code);
    setAttribute(part("code"), "href", `?code=${code}`);
  }

  #missed(row) {
    setAttribute(row.querySelector(".state"), "class", "state");
    setAttribute(row.querySelector(".state use"), "href", "#mark-todo");
    setText(row.querySelector(".state span"), "Ended");
    setText(row.querySelector("[data-part=sentence]"), "This sync has ended. Open it to see how.");
  }

  #showBar(bar, operation, done) {
    bar.toggleAttribute("hidden", !done);
    const full = Math.max(1, this.dataset.scale, operation.total, done);
    let start = 0;
    for (const [index, name] of ["added", "updated", "unchanged", "failed"].entries()) {
      setAttribute(bar.children[index], "x", percent(start, full));
      setAttribute(bar.children[index], "width", percent(operation[name], full));
      start += operation[name];
    }
  }

  #added(operation) {
    if (this.dataset.open === undefined || !unfinished(operation)) return null;
    const row = this.querySelector("template").content.firstElementChild.cloneNode(true);
    row.dataset.live = operation.id;
    const part = (name) => row.querySelector(`[data-part="${name}"]`);
    part("sentence").href = `/syncs/${operation.id}/`;
    setText(part("by"), operation.requested_by);
    setText(part("trigger"), json("triggers")[operation.trigger]);
    for (const name of ["ago", "at"]) setAttribute(part(name), "datetime", operation.requested_at);
    const list = this.querySelector("ol");
    list.prepend(row);
    list.hidden = false;
    setHidden(this.querySelector("[data-empty]"), true);
    return row;
  }
}

customElements.define("sync-rows", SyncRows);
