/** What the page knows. Elements subscribe and are told of changes at most ten times a second. */
import { json } from "./dom.js";
import { setServerTime } from "./clock.js";

const MIN_MS_BETWEEN_PAINTS = 100;
const HIDDEN_TAB_MS = 250; // a hidden tab gets no animation frames, but shows its title

const viewer = json("viewer");
if (viewer) setServerTime(viewer.now);

let state = {
  status: json("status"),
  viewer,
  connection: { name: "connecting", attempt: 0, retryAt: null },
  watchers: [],
  workerMissing: viewer?.worker_missing ?? false,
  outdated: false, // the sign-in or its rights changed after this page was made
  delayed: false, // the server hears of events late
  asked: null, // the operation that this page asked for, until the log shows it
  sending: null, // "start" or "cancel" while that request is under way
  error: null, // {"code", "message", "remedy"} of this page's own last request
  notice: "",
};
const subscribers = new Set();
let lastPaintAt = -Infinity;
let scheduled = false;

export function current() {
  return state;
}

/** `now` skips the wait: for the answer to somebody's own act. */
export function update(changes, { now = false } = {}) {
  state = { ...state, ...changes };
  if (now) paint();
  else schedule();
}

export function subscribe(subscriber) {
  subscribers.add(subscriber);
  subscriber(state);
  return () => subscribers.delete(subscriber);
}

// A frame that was asked for before the tab was hidden would not come until it is shown again.
document.addEventListener("visibilitychange", () => scheduled && paint());

/** The operation to show: the one that was just asked for, until the log has it. */
export function operation({ status, asked }) {
  return asked ?? status?.operation ?? null;
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  const waitMs = Math.max(0, lastPaintAt + MIN_MS_BETWEEN_PAINTS - performance.now());
  if (document.hidden) setTimeout(paint, HIDDEN_TAB_MS);
  else if (waitMs) setTimeout(() => requestAnimationFrame(paint), waitMs);
  else requestAnimationFrame(paint);
}

function paint() {
  scheduled = false;
  lastPaintAt = performance.now();
  for (const subscriber of subscribers) subscriber(state);
}
