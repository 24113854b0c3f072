/** The row of filters: a choice counts at once; without scripts its button does the same. */
export function submitOnChange() {
  for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
    form.addEventListener("change", (event) => {
      if (event.target.localName === "select") form.requestSubmit();
    });
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
}
