/** One paint for everything on the page that changes, at most ten times a second. */

const MIN_MS_BETWEEN = 100;
const HIDDEN_TAB_MS = 250; // a hidden tab gets no animation frames, but shows its title

const acts = new Set();
let paintedAt = -Infinity;
let timer = null;
let frame = null;

/** Runs `act` with the next paint: once, however often it was asked for until then. */
export function withPaint(act) {
  acts.add(act);
  if (timer === null && frame === null) schedule();
}

/** Does not wait: for the answer to somebody's own act. */
export function paint() {
  forget();
  paintedAt = performance.now();
  for (const act of [...acts]) {
    acts.delete(act);
    act();
  }
}

/** Runs `act` once the browser has shown what stands there now. */
export function afterPaint(act) {
  requestAnimationFrame(() => setTimeout(act));
}

// A frame that was asked for before the tab was hidden would not come until it is shown again. Not at
// once: a page that is left is hidden, too, and a cover that it begins to load then counts as a ping.
document.addEventListener("visibilitychange", () => {
  forget();
  if (acts.size) schedule();
});

function schedule() {
  const waitMs = paintedAt + MIN_MS_BETWEEN - performance.now();
  if (document.hidden) timer = setTimeout(paint, HIDDEN_TAB_MS);
  else if (waitMs > 0) timer = setTimeout(askForFrame, waitMs);
  else askForFrame();
}

function askForFrame() {
  timer = null;
  frame = requestAnimationFrame(paint);
}

function forget() {
  clearTimeout(timer);
  cancelAnimationFrame(frame);
  timer = frame = null;
}
