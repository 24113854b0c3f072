/** `<sync-watchers>`: who else looks at the same sync; initials to see, names to hear. */
import { element } from "./dom.js";
import { subscribe } from "./store.js";

const MOST_SHOWN = 5;

class SyncWatchers extends HTMLElement {
  #shown = "";

  connectedCallback() {
    subscribe(({ watchers }) => this.#show(watchers));
  }

  #show(names) {
    const key = JSON.stringify(names);
    if (key === this.#shown) return;
    this.#shown = key;
    const items = names.slice(0, MOST_SHOWN).map(watcher);
    const more = names.length - MOST_SHOWN;
    if (more > 0) items.push(element("li", { title: names.slice(MOST_SHOWN).join(", ") }, `+${more}`));
    this.hidden = !items.length;
    this.querySelector("ul").replaceChildren(...items);
  }
}

function watcher(name) {
  return element(
    "li",
    { title: name },
    element("span", { "aria-hidden": "true" }, initials(name)),
    element("span", { class: "visually-hidden" }, name),
  );
}

/** `Ann Miller` and `ann.miller` give `AM`, `ann` gives `A`. */
export function initials(name) {
  const words = name.split(/[\s._@-]+/).filter(Boolean);
  const letters = words.slice(0, 2).map((word) => [...word][0]);
  return letters.join("").toLocaleUpperCase();
}

customElements.define("sync-watchers", SyncWatchers);
