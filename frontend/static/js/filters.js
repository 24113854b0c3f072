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
