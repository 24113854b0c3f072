/** Starting and cancelling a sync. The page answers before the server does. */
import { now } from "./clock.js";
import { refresh, settled } from "./live.js";
import { UNREACHABLE, forPeople, outdates, stands } from "./request-errors.js";
import { current, operation, subscribe, update } from "./store.js";
import { shortAgo } from "./words.js";

let before = current();

document.addEventListener("submit", (event) => {
  const act = { start, cancel, retry: start }[event.target.dataset.act];
  if (act) event.preventDefault();
  act?.(event.target);
});

subscribe((state) => {
  const { error } = state;
  if (error && error === before.error && !stands(error, before, state)) update({ error: null });
  before = state;
});

async function start(form) {
  if (current().sending) return;
  const asked = expected(current().viewer.name);
  update({ asked, sending: "start", error: null, notice: "" }, { now: true });
  const answer = await post(form);
  const { status } = current();
  if (answer.operation) {
    const notice = answer.code === 409 ? alreadyStarted(answer.operation) : "";
    update({ asked: settled(answer.operation, status), sending: null, notice }, { now: true });
  } else {
    update({ asked: null, ...failed(answer) }, { now: true });
  }
  refresh();
}

async function cancel(form) {
  if (current().sending) return;
  update({ sending: "cancel", error: null, notice: "" }, { now: true });
  const answer = await post(form, `/syncs/${operation(current()).id}/cancel/`);
  update(failed(answer), { now: true });
  refresh();
}

/** Of an answer that names no operation; where nothing went wrong it has no error. */
function failed({ error = null }) {
  return { sending: null, error, outdated: current().outdated || outdates(error) };
}

async function post(form, url = form.action) {
  const token = form.elements.csrfmiddlewaretoken.value;
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  const body = new URLSearchParams(new FormData(form));
  try {
    const answer = await fetch(url, { method: "POST", headers, body });
    const { operation, error } = await answer.json().catch(() => ({}));
    if (operation) return { code: answer.status, operation };
    return answer.ok ? {} : { error: forPeople(error, answer.status) };
  } catch {
    return { error: UNREACHABLE };
  }
}

function alreadyStarted({ requested_by: by, requested_at: at }) {
  return `A sync was already under way: ${by} started it ${shortAgo((now() - Date.parse(at)) / 1000)}.`;
}

/** The operation as it will be, until the server names it. */
function expected(name) {
  return {
    id: null,
    state: "pending",
    stage: null,
    message: "Starting the sync...",
    total: null,
    synced: 0,
    failed: 0,
    failures: [],
    pace: [],
    requested_by: name,
    requested_at: new Date(now()).toISOString(),
    started_at: null,
    finished_at: null,
    waiting_until: null,
    worker: null,
    cancel_requested_by: null,
  };
}
