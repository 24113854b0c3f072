/** The tab tells how far the sync is, and how it ended, to somebody who is elsewhere. */
import { panelState, unfinished } from "./panel-view.js";
import { namedOperation, subscribe } from "./store.js";

const RESULTS = { completed: "Done", warnings: "Done with failures", failed: "Sync failed" };
const GLYPHS = { completed: "M9 17l5 5 9-11", warnings: "M16 8v10M16 23v1", failed: "M10 10l12 12M22 10L10 22" };
const COLOURS = { completed: "#2c7a4b", warnings: "#b3700a", failed: "#c0352b" };
const RING_LENGTH = 2 * Math.PI * 12;

export function showInTab() {
  const title = document.title;
  const icon = document.querySelector("link[rel=icon]");
  const restingIcon = icon.href;
  let watched = false; // an end that nobody here waited for is no news

  subscribe((state) => {
    const shown = namedOperation(state);
    const busy = unfinished(shown);
    watched ||= busy;
    if (!watched) return;
    const now = panelState(shown);
    const share = shown?.total ? (shown.synced + shown.failed) / shown.total : 0;
    const prefix = busy ? progress(now, share) : RESULTS[now];
    const wanted = prefix ? `${prefix} · ${title}` : title;
    if (document.title !== wanted) document.title = wanted;
    const picture = busy ? ring(share) : mark(now);
    const href = picture ? `data:image/svg+xml,${encodeURIComponent(picture)}` : restingIcon;
    if (icon.href !== href) icon.href = href;
  });
}

function progress(state, share) {
  return state === "waiting" ? "Waiting" : `${Math.floor(share * 100)}%`;
}

function ring(share) {
  const done = (Math.round(share * 20) / 20) * RING_LENGTH; // in steps, since each one is a new file
  return svg(
    '<circle cx="16" cy="16" r="12" fill="none" stroke="#9a948a" stroke-width="6"/>' +
      '<circle cx="16" cy="16" r="12" fill="none" stroke="#4159d8" stroke-width="6"' +
      ` transform="rotate(-90 16 16)" stroke-dasharray="${done} ${RING_LENGTH}"/>`,
  );
}

function mark(state) {
  if (!GLYPHS[state]) return null;
  return svg(
    `<circle cx="16" cy="16" r="15" fill="${COLOURS[state]}"/>` +
      `<path d="${GLYPHS[state]}" fill="none" stroke="#fff" stroke-width="4"/>`,
  );
}

function svg(content) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${content}</svg>`;
}
