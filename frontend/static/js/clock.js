/** The server's time as well as this page knows it, and one tick a second for all who show it. */

const TICK_MS = 1000;

let offsetMs = 0;
let wall = Date.now;
const listeners = new Set();

export function now() {
  return wall() + offsetMs;
}

/** `serverNow` is a time that the server has just written. */
export function setServerTime(serverNow) {
  const moment = Date.parse(serverNow);
  if (!Number.isNaN(moment)) offsetMs = moment - wall();
}

/** From here on time is what `setServerTime` says. */
export function stop() {
  wall = () => 0;
}

/** Starts now; the returned function tells the milliseconds since. Sleep counts: in some browsers
 * `performance.now()` stands still while the machine sleeps, and `Date.now()` may be set back. */
export function stopwatch() {
  const [at, wallAt] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - at, Date.now() - wallAt);
}

/** Calls `listener` each second until the returned function is called. */
export function onTick(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

setInterval(() => listeners.forEach((listener) => listener()), TICK_MS);
