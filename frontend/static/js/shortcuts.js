/**
 * Keys for those who do without a mouse, told by `?`. They can be turned off (WCAG 2.1.4), since
 * who dictates to a computer would set them off by speaking.
 */
const ROWS = "a.sync-link, a[data-album-link], .event .event-place";
const OFF = "shortcuts-off"; // in the browser's own storage: it is about this keyboard
const TYPING = "input:not([type=checkbox], [type=range]), textarea, select, [contenteditable]";

const KEYS = {
  "/": () => focus(document.querySelector("main input[type=search]")),
  j: () => step(1),
  k: () => step(-1),
  r: () => (shown("[data-part=freshLink]") ?? shown("[data-reload]"))?.click(),
  "?": () => dialog()?.showModal(),
};

export function listenForShortcuts() {
  if (!dialog()) return;
  const choice = dialog().querySelector("input");
  choice.checked = kept((storage) => storage.getItem(OFF)) !== "1";
  choice.addEventListener("change", () => {
    kept((storage) => storage.setItem(OFF, choice.checked ? "0" : "1"));
  });
  const opener = document.querySelector("[data-shortcuts]");
  opener.hidden = false;
  opener.addEventListener("click", KEYS["?"]);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!choice.checked || !Object.hasOwn(KEYS, event.key)) return;
    if (event.target.closest(TYPING)) return;
    if (document.querySelector("dialog[open], :popover-open")) return;
    event.preventDefault();
    KEYS[event.key]();
  });
}

/** A browser may refuse to keep anything; then the choice holds for this page. */
function kept(use) {
  try {
    return use(localStorage);
  } catch {
    return null;
  }
}

function dialog() {
  return document.querySelector("dialog.shortcuts");
}

function shown(selector) {
  return document.querySelector(`${selector}:not([hidden], [hidden] *)`);
}

function step(by) {
  const rows = [...document.querySelectorAll(ROWS)];
  const place = rows.findIndex((row) => row.closest("li").contains(document.activeElement));
  focus(rows[place < 0 ? (by > 0 ? 0 : rows.length - 1) : place + by]);
}

function focus(element) {
  element?.focus();
  element?.scrollIntoView({ block: "nearest" });
}
