/** The server's time as well as this page knows it, and one tick a second for all who show it. */

const TICK_MS = 1000;

let offsetMs = 0;
const listeners = new Set();

export function now() {
  return Date.now() + offsetMs;
}

/** `serverNow` is a time that the server has just written. */
export function setServerTime(serverNow) {
  const moment = Date.parse(serverNow);
  if (!Number.isNaN(moment)) offsetMs = moment - Date.now();
}

/** Calls `listener` each second until the returned function is called. */
export function onTick(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

setInterval(() => listeners.forEach((listener) => listener()), TICK_MS);
