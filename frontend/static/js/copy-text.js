/** `<copy-text>`: copies the text of the element with the id `data-from`, or a link to this site. */
const SAID_MS = 2_000;

class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (!navigator.clipboard) return; // there is none without HTTPS
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(this.#text());
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed to copy";
      }
      setTimeout(() => (button.textContent = label), SAID_MS);
    });
  }

  #text() {
    const { from, link } = this.dataset;
    return from ? document.getElementById(from).textContent : new URL(link, location.href).href;
  }
}

customElements.define("copy-text", CopyText);
