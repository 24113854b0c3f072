/** The search as one types: the albums follow at once, the address and the announcer when it rests. */
import { albums } from "./sentences.js";

const REST_MS = 500; // browsers refuse an address that changes many times a second

/** `find(address)` shows what stands there, and resolves to whether it does. It is asked for one at a
 * time, so that a slow server gets no more to do from a fast typist. */
export function searchAsTyped(grid, find) {
  const form = document.querySelector("form.filters");
  let wanted = null;
  let finding = false;
  let rest = null;
  form.addEventListener("input", async ({ target }) => {
    if (target.type !== "search") return;
    const query = new URLSearchParams(new FormData(form)).toString();
    wanted = location.pathname + (query && `?${query}`);
    clearTimeout(rest);
    if (finding) return;
    finding = true;
    let found = false;
    for (let asked = null; asked !== wanted; found = await find(asked)) asked = wanted;
    finding = false;
    rest = setTimeout(() => {
      history.replaceState(null, "", wanted);
      if (found) document.querySelector("sync-announcer").say(told(grid));
    }, REST_MS);
  });
}

function told(grid) {
  const count = Number(grid.querySelector("[data-total]").textContent);
  return count ? `${albums(count)} found.` : "No album matches.";
}
