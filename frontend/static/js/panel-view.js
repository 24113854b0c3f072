/** What the sync panel says about a status: the twin of frontend/panel.py. Pure. */
import { REASONS, SERVICES, albums } from "./sentences.js";
import { MAX_FAILURES } from "./status.js";
import { pace, span, timeLeft } from "./words.js";

export const STEPS = ["sheet", "spotify", "albums"];
const MAX_RETRY_KEYS = 500; // the same in syncengine/operations.py
const STORAGE_PATIENCE_MS = 15_000; // a worker that lives goes on within a few seconds
const NO_WORKER =
  "No worker answers, so this sync does not move. Start one with “manage.py runworker sync”," +
  " or serve with “manage.py serve”, which has one.";
const NO_WORKER_OR_STORAGE =
  "Nothing has moved since then: either the storage is still full, so free space on it, or no" +
  " worker runs, so start one with “manage.py runworker sync” or “manage.py serve”.";
const UNFINISHED = ["pending", "running", "waiting"];

export function unfinished(operation) {
  return operation !== null && UNFINISHED.includes(operation.state);
}

export function panelState(operation) {
  if (operation === null) return "never";
  return operation.state === "completed" && operation.failed ? "warnings" : operation.state;
}

/** The panel's parts. `perSecond` and `left` are numbers or null. */
export function panelView(operation, perSecond, left) {
  const state = panelState(operation);
  const busy = unfinished(operation);
  return {
    state,
    busy,
    headline: busy || state === "failed" ? operation.message : "",
    result: result(operation, state),
    steps: STEPS.map((name, index) => mark(index, STEPS.indexOf(operation?.stage))),
    bar: busy ? bar(operation, left) : null,
    figures: figures(operation, state, busy),
    rate: busy && perSecond ? pace(perSecond) : "",
    left: busy && left !== null ? timeLeft(left) : "",
    remark: remark(operation, state),
    duration: duration(operation),
    ...furtherActs(operation, state),
  };
}

/** What is said of an operation whose worker has not been seen for a while. During a wait for
 * storage it may well be alive, and only cannot write that it is. `now` in ms since the epoch. */
export function missingWorker(operation, now) {
  if (operation.waiting_reason !== "storage") return NO_WORKER;
  const over = Date.parse(operation.waiting_until) + STORAGE_PATIENCE_MS;
  return now > over ? NO_WORKER_OR_STORAGE : "";
}

export function counts(operation) {
  const parts = ["added", "updated", "unchanged"].map((name) => `${operation[name]} ${name}`);
  if (operation.removed) parts.push(`${operation.removed} archived`);
  return `${parts.join(", ")}.`;
}

function mark(index, stage) {
  if (index < stage) return "done";
  return index === stage ? "now" : "todo";
}

function bar(operation, left) {
  const { total, synced, failed } = operation;
  if (!total) return { max: null, text: operation.message, synced: 0, failed: 0 };
  const parts = [`${synced + failed} of ${albums(total)}`];
  if (failed) parts.push(`${failed} failed`);
  if (left !== null) parts.push(timeLeft(left));
  return {
    max: total,
    now: synced + failed,
    text: parts.join(", "),
    synced: percent(synced, total),
    failed: percent(failed, total),
  };
}

export function percent(part, whole) {
  return `${((100 * part) / whole).toFixed(2)}%`;
}

function result(operation, state) {
  if (state === "never") {
    return "The first sync reads the sheet and looks every album up on Spotify.";
  }
  if (["completed", "warnings", "cancelled"].includes(state)) return operation.message;
  return state === "failed" ? effect(operation) : "";
}

function effect(operation) {
  if (!(operation.added || operation.updated || operation.removed)) {
    return "The catalog was not changed.";
  }
  return `What was synced before it stopped stays in the catalog: ${albums(operation.synced)}.`;
}

function figures(operation, state, busy) {
  if (operation === null) return "";
  if (busy) return operation.total ? `${operation.synced}/${operation.total} albums synced` : "";
  return state === "failed" ? operation.error.remedy : counts(operation);
}

function remark(operation, state) {
  if (state === "warnings" && operation.failed > MAX_RETRY_KEYS) {
    return "These are too many for a retry of their own: Sync Now tries all of them again.";
  }
  if (state !== "waiting") return "";
  const { waiting_service: service, waiting_reason: reason } = operation;
  const name = SERVICES[service][0].toUpperCase() + SERVICES[service].slice(1);
  return `${name}: ${REASONS[reason]}. Goes on by itself at`;
}

/** How many rows can be tried again, how many of them are not named here, and whether it asks. */
function furtherActs(operation, state) {
  const failed = state === "warnings" ? operation.failed : 0;
  const retry = failed <= MAX_RETRY_KEYS ? failed : 0;
  const review = state === "failed" && "sheet" in operation.error.details;
  return { retry, retryUnnamed: Math.max(0, retry - MAX_FAILURES), review };
}

function duration(operation) {
  if (!operation?.finished_at) return "";
  const began = Date.parse(operation.started_at ?? operation.requested_at);
  const seconds = (Date.parse(operation.finished_at) - began) / 1000;
  return seconds >= 0 ? span(seconds) : ""; // nobody knows where a clock was set back meanwhile
}
