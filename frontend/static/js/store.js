/** What the page knows. Elements subscribe and are told of changes with the next paint. */
import { json } from "./dom.js";
import { setServerTime } from "./clock.js";
import { paint, withPaint } from "./paint.js";

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

export function current() {
  return state;
}

/** `now` skips the wait: for the answer to somebody's own act. */
export function update(changes, { now = false } = {}) {
  state = { ...state, ...changes };
  withPaint(tell);
  if (now) paint();
}

export function subscribe(subscriber) {
  subscribers.add(subscriber);
  subscriber(state);
  return () => subscribers.delete(subscriber);
}

/** The operation to show: the one that was just asked for, until the log has it. */
export function operation({ status, asked }) {
  return asked ?? status?.operation ?? null;
}

/** The same, but not before the server has named it: until then it may come to nothing. */
export function namedOperation({ status, asked }) {
  return asked?.id ? asked : (status?.operation ?? null);
}

/** Whether the page stands still, because nobody is signed in any more. */
export function signedOut({ connection }) {
  return connection.name === "signed-out";
}

function tell() {
  for (const subscriber of subscribers) subscriber(state);
}
