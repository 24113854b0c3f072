/** The row of filters: a choice counts at once; without scripts its button does the same. */
import { setText } from "./dom.js";

export function submitOnChange() {
  for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
    form.addEventListener("change", (event) => {
      if (event.target.localName === "select") form.requestSubmit();
    });
    form.addEventListener("input", showCounts);
    // Fields that say nothing stay out of the URL.
    form.addEventListener("formdata", ({ formData }) => {
      for (const [name, value] of [...formData]) if (!value) formData.delete(name);
    });
  }
}

/** After a sync there are other genres and labels to choose from; not under somebody's hands. */
export function takeChoices(page) {
  for (const select of document.querySelectorAll("form.filters select")) {
    const fresh = page.getElementById(select.id);
    if (!fresh || select === document.activeElement) continue;
    const chosen = select.value;
    select.replaceChildren(...fresh.options);
    select.value = chosen;
  }
  showCounts();
}

/** Numbers of albums are of the whole catalog, so a choice has its own only while nothing is
 * searched for. */
function showCounts() {
  const searched = document.querySelector("form.filters [type=search]")?.value.trim();
  for (const choice of document.querySelectorAll("form.filters option[data-count]")) {
    const count = ` (${choice.dataset.count})`;
    const name = choice.textContent.endsWith(count) ? choice.textContent.slice(0, -count.length) : choice.textContent;
    setText(choice, searched ? name : name + count);
  }
}
