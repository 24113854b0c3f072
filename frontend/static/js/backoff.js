/** How long to wait before the next try: any time up to a limit that grows, so that a server which
 * was restarted is not met by all of its browsers at once. */

const FIRST_MS = 1_000;
const LONGEST_MS = 5_000; // whoever restarts a server wants to see everybody back soon after

export function backoffMs(attempt) {
  return Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
}
