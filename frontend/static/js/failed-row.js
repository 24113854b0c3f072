/** A failed row by name: the twin of frontend/templates/_failed_row.html. */
import { element } from "./dom.js";

export function failedRow({ row, artist, title }) {
  return element(
    "p",
    { class: "failure-name" },
    element("span", { class: "failure-row" }, `Row ${row}`),
    " ",
    element("strong", {}, title || "Untitled"),
    artist ? ` by ${artist}` : "",
  );
}
