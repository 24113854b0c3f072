/** How long a replay stays with an event before it shows the next one. Pure. */

const MAX_WAIT_MS = 2_000; // a sync may wait for hours; nobody who looks back has to
const WHOLE_MS = 20_000; // for all of them, at the speed "all"
const MAX_EACH_MS = 1_000;

/** `speed` is "all", or how many times faster than it was; `gapMs` what passed until the next one. */
export function stayMs(speed, gapMs, events) {
  if (speed === "all") return Math.min(MAX_EACH_MS, WHOLE_MS / events);
  return Math.min(MAX_WAIT_MS, Math.max(0, gapMs) / Number(speed));
}
