/** Keeps the store current, through the socket or, without one, by asking. */
import { now, setServerTime } from "./clock.js";
import { Connection } from "./connection.js";
import { tell } from "./feed.js";
import { unfinished } from "./panel-view.js";
import { Polling } from "./polling.js";
import { apply } from "./status.js";
import { current, update } from "./store.js";

const WORKER_MISSING_MS = 6_000; // `ALIVE_FOR` of syncengine/presence.py

let closedFor; // the server's reason for closing the socket, where it gave one

const polling = new Polling({
  status: (status) => {
    if (!polling.active && current().connection.name === "live") return;
    replace(status);
    if (!polling.active) return;
    update({ workerMissing: false }); // only heartbeats tell of workers, so nobody knows
    showConnection("polling", { reason: closedFor });
  },
  failed: () => polling.active && showConnection("offline"),
  signedOut: () => connection.standStill(),
});

const connection = new Connection({
  cursor: () => current().status ?? {},
  snapshot: ({ status }, expected) => replace(status, { tellAlways: !expected }),
  events: ({ events }) => receive(events),
  heartbeat: receiveHeartbeat,
  watchers: ({ names }) => update({ watchers: names }),
  state: changed,
});

export function follow() {
  showConnection("connecting");
  polling.begin();
  connection.open();
}

/** After an act of this page: without a socket nobody would tell it of the effect. */
export function refresh() {
  if (current().connection.name !== "live") polling.once();
}

/** The operation that this page asked for stands until the log shows it, or a later one. */
export function settled(asked, status) {
  const shown = status?.operation ?? null;
  if (!asked || !shown) return asked;
  // As text: both are UTC in ISO 8601 and of the server, once that has named the operation.
  const isLater = asked.id && shown.requested_at > asked.requested_at;
  return shown.id === asked.id || unfinished(shown) || isLater ? null : asked;
}

function receive(events) {
  const { asked, status: before } = current();
  const fresh = events.filter((event) => event.position > before.position);
  let status = before;
  try {
    for (const event of fresh) status = apply(status, event);
  } finally {
    // Before a gap is reported, what came before it counts: the cursor must stand right there.
    const folded = fresh.filter((event) => event.position <= status.position);
    if (status !== before) update({ status, asked: settled(asked, status) });
    if (folded.length) tell("events", folded);
  }
}

function replace(status, { tellAlways = false } = {}) {
  const { asked, status: before } = current();
  const moved = status.position !== before?.position || status.hash !== before?.hash;
  update({ status, asked: settled(asked, status) });
  if (moved || tellAlways) tell("snapshot");
}

function receiveHeartbeat({ at, worker_seen_at: seenAt, delayed = false }) {
  setServerTime(at);
  const silentMs = seenAt ? Date.parse(at) - Date.parse(seenAt) : Infinity;
  update({ workerMissing: silentMs > WORKER_MISSING_MS, delayed });
}

function changed(name, details = {}) {
  closedFor = details.reason;
  if (closedFor === "signed-out" || closedFor === "rights") update({ outdated: true });
  if (name === "signed-out") update({ watchers: [] });
  if (name === "connecting") polling.begin({ atOnce: closedFor === "too-many" });
  else polling.stop();
  const asking = name === "connecting" && polling.active;
  if (!asking) showConnection(name, details);
}

function showConnection(name, details = {}) {
  document.documentElement.dataset.connection = name;
  update({ connection: { name, ...details, since: now() } });
}
