/** Rate and time left from the samples in the status, so that a refresh shows the same. */

const WINDOW_MS = 30_000;
const ESTIMATE_AFTER_MS = 10_000; // earlier, or below this share, an estimate is a guess
const ESTIMATE_AFTER_SHARE = 0.05;
const DOUBLING_MS = 5_000; // an estimate changes by a factor of two in this time at most

/**
 * Albums a second over the newest 30 s; null until there are two samples in them. The clocks of
 * workers and servers may jump and differ: the window ends at the newest sample where that is
 * later than `now`, what claims to be later still is left out, and where the newest sample is too
 * old by `now` nothing is known.
 */
export function rate(operation, now) {
  const samples = operation.pace.map(([at, done]) => [Date.parse(at), done]);
  if (samples.length < 2) return null;
  const [newestAt, done] = samples.at(-1);
  const end = Math.max(now, newestAt);
  const recent = ([at]) => end - at >= 0 && end - at <= WINDOW_MS;
  const [firstAt, firstDone] = samples.find(recent) ?? samples.at(-1);
  const elapsedMs = end - firstAt;
  if (firstDone === done || end - newestAt > WINDOW_MS || elapsedMs <= 0) return null;
  return ((done - firstDone) / elapsedMs) * 1000;
}

export function secondsLeft(operation, perSecond, now) {
  const { total, state, cancel_requested_by } = operation;
  if (!perSecond || !total || state !== "running" || cancel_requested_by) return null;
  const done = operation.synced + operation.failed;
  const early = now - Date.parse(operation.pace[0][0]) < ESTIMATE_AFTER_MS;
  if (early && done / total < ESTIMATE_AFTER_SHARE) return null;
  return Math.max(0, total - done) / perSecond;
}

/** Holds an estimate back when it would jump; one for each operation. */
export class SteadyEstimate {
  #operation = null;
  #seconds = null;
  #at = 0;

  next(operation, seconds, now) {
    const elapsedMs = Math.max(0, now - this.#at);
    if (seconds === null || this.#seconds === null || this.#operation !== operation) {
      this.#seconds = seconds;
    } else {
      const factor = 2 ** Math.min(1, elapsedMs / DOUBLING_MS);
      const expected = Math.max(1, this.#seconds - elapsedMs / 1000);
      this.#seconds = Math.min(Math.max(seconds, expected / factor), expected * factor);
    }
    this.#operation = operation;
    this.#at = now;
    return this.#seconds;
  }
}
