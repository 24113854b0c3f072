/**
 * What arrives, for whoever wants more than the status:
 * `events` (detail: the events, already folded) and `snapshot` (events were skipped: read again).
 */
export const feed = new EventTarget();

export function tell(type, detail) {
  feed.dispatchEvent(new CustomEvent(type, { detail }));
}
