/**
 * The fold: from events to the status. Pure: no clock, no network, no page.
 *
 * Its twin is syncengine/projection.py. One set of examples and generated logs drives both and
 * demands equal results, so a change here is a change there.
 */
import { headline } from "./sentences.js";

export const MAX_FAILURES = 100; // the newest; the rest is read from the log
const MAX_PACE_SAMPLES = 30; // at most one a second
const SECOND_LENGTH = "2026-11-22T19:23:51".length;

/** An event that does not follow the one before it: the log must be read again. */
export class Gap extends Error {}

/** The status before event 1. `logId` is the `previous_hash` of event 1. */
export function empty(logId) {
  return { position: 0, hash: logId, last_synced_at: null, operation: null };
}

/** The status after `events`, which must follow `status` without a gap. */
export function fold(events, status) {
  return events.reduce(apply, status);
}

/** The status after one more event. Neither argument is changed. */
export function apply(status, event) {
  if (event.position !== status.position + 1 || event.previous_hash !== status.hash) {
    throw new Gap(`event ${event.position} does not follow ${status.position}`);
  }
  const next = { ...status, position: event.position, hash: event.hash };
  if (event.kind === "requested") {
    next.operation = requested(event);
  } else if (next.operation && event.operation === next.operation.id) {
    const step = STEPS.get(event.kind);
    if (!step) return next;
    next.operation = step({ ...next.operation }, event.data, event.at);
  } else {
    return next;
  }
  next.operation.message = headline(next.operation);
  if (event.kind === "completed" && next.operation.mode !== "retry") {
    next.last_synced_at = event.at;
  }
  return next;
}

const NOT_WAITING = { waiting_until: null, waiting_service: null, waiting_reason: null };

function requested({ operation, data, at }) {
  return {
    id: operation,
    state: "pending",
    stage: null,
    sheet: null,
    message: "",
    total: null,
    synced: 0,
    failed: 0,
    added: 0,
    updated: 0,
    unchanged: 0,
    removed: 0,
    failures: [],
    requested_by: data.by,
    trigger: data.trigger,
    mode: data.scope.mode,
    requested_at: at,
    started_at: null,
    finished_at: null,
    ...NOT_WAITING,
    worker: null,
    attempt: 0,
    cancel_requested_by: null,
    error: null,
    pace: [],
  };
}

function started(operation, { worker, attempt }, at) {
  const started_at = operation.started_at || at;
  return { ...operation, state: "running", worker, attempt, started_at, ...NOT_WAITING };
}

function stageStarted(operation, { stage, total, sheet }) {
  return { ...operation, stage, total, sheet };
}

function albumSynced(operation, { outcome }, at) {
  operation.synced += 1;
  operation[outcome] += 1;
  return paced(operation, at);
}

function albumsUnchanged(operation, { albums }, at) {
  operation.synced += albums.length;
  operation.unchanged += albums.length;
  return paced(operation, at);
}

function albumFailed(operation, { row, key, artist, title, code, message, remedy }, at) {
  const failure = { row, key, artist, title, code, message, remedy };
  operation.failed += 1;
  operation.failures = [...operation.failures, failure].slice(-MAX_FAILURES);
  return paced(operation, at);
}

function albumRemoved(operation) {
  operation.removed += 1;
  return operation;
}

function waiting(operation, { until, service, reason }) {
  return {
    ...operation,
    state: "waiting",
    waiting_until: until,
    waiting_service: service,
    waiting_reason: reason,
  };
}

function cancelRequested(operation, { by }) {
  return { ...operation, cancel_requested_by: by };
}

function ended(operation, state, at) {
  return { ...operation, state, finished_at: at, ...NOT_WAITING };
}

/** Keep one sample a second, so that the status stays small at any rate. */
function paced(operation, at) {
  const second = at.slice(0, SECOND_LENGTH);
  const earlier = operation.pace.filter(([moment]) => moment.slice(0, SECOND_LENGTH) !== second);
  const done = operation.synced + operation.failed;
  operation.pace = [...earlier, [at, done]].slice(-MAX_PACE_SAMPLES);
  return operation;
}

const STEPS = new Map([
  ["started", started],
  ["resumed", started],
  ["stage-started", stageStarted],
  ["album-synced", albumSynced],
  ["albums-unchanged", albumsUnchanged],
  ["album-failed", albumFailed],
  ["album-removed", albumRemoved],
  ["waiting", waiting],
  ["cancel-requested", cancelRequested],
  ["completed", (operation, data, at) => ({ ...ended(operation, "completed", at), ...data })],
  ["failed", (operation, data, at) => ({ ...ended(operation, "failed", at), error: { ...data } })],
  ["cancelled", (operation, data, at) => ended(operation, "cancelled", at)],
]);
