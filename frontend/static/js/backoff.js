/** How long to wait before the next try: longer each time, and never the same for two browsers,
 * so that a restarted server is not met by all of them at once. */

const FIRST_MS = 500;
const LONGEST_MS = 8_000;
const QUICK_MS = 300; // the server said that it restarts
const QUICK_SPREAD_MS = 1_200;

export function backoffMs(attempt) {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return longest / 2 + (Math.random() * longest) / 2;
}

export function quickMs() {
  return QUICK_MS + Math.random() * QUICK_SPREAD_MS;
}
