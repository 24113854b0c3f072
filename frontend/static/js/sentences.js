/** The status in words: the twin of `headline` in syncengine/sentences.py, and its fixed texts. */

export const SERVICES = { spotify: "Spotify", google: "Google Sheets", database: "storage" };
export const REASONS = {
  "rate-limit": "it takes no calls at the moment",
  quota: "its daily quota is used up",
  budget: "the daily budget of calls is used up",
  storage: "the database cannot be written, most often because its disk is full",
};
const STAGES = {
  sheet: "Fetching albums from Google Sheets...",
  spotify: "Enriching with Spotify metadata...",
};

/** The one sentence that says how an operation stands. */
export function headline(operation) {
  const { state, stage, total, synced, failed } = operation;
  if (state === "completed") {
    if (!failed) return `Sync complete! Updated ${albums(synced)}`;
    return (
      `Sync completed with warnings: ${synced}/${total} albums updated successfully.` +
      ` ${failed} failed.`
    );
  }
  if (state === "failed") return String(operation.error.message);
  if (state === "cancelled") {
    if (total === null) return "Sync cancelled before any album was synced.";
    return `Sync cancelled: ${synced}/${total} albums synced.`;
  }
  if (operation.cancel_requested_by !== null) return "Cancelling...";
  if (state === "waiting") return `Waiting for ${SERVICES[operation.waiting_service]}...`;
  if (stage === "albums") {
    return `Syncing album ${Math.min(synced + failed + 1, total)} of ${total}...`;
  }
  return STAGES[stage] ?? "Starting the sync...";
}

export function albums(count) {
  return count === 1 ? "1 album" : `${count} albums`;
}
