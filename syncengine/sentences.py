"""The only place that puts events and the status into words, as plain text.

`headline` has a twin in `frontend/static/js/sentences.js`; both are driven by the same examples.
"""

from collections.abc import Callable, Mapping
from typing import Any

SERVICES = {"spotify": "Spotify", "google": "Google Sheets", "database": "storage"}
REASONS = {
    "rate-limit": "it takes no calls at the moment",
    "quota": "its daily quota is used up",
    "budget": "the daily budget of calls is used up",
    "storage": "the database cannot be written, most often because its disk is full",
}
STAGES = {
    "sheet": "Fetching albums from Google Sheets...",
    "spotify": "Enriching with Spotify metadata...",
}
TRIGGERS = {
    "button": "with Sync Now",
    "api": "through the API",
    "command": "from the terminal",
    "schedule": "by schedule",
    "retry": "as a retry",
    "confirm": "confirming a sheet",
}
RESUME_REASONS = {
    "lease-expired": "the worker before it had stopped answering",
    "handed-over": "the worker before it was told to stop",
    "wait-over": "the wait was over",
}


def headline(operation: Mapping[str, Any]) -> str:
    """The one sentence that says how an operation stands. `operation` is the one in the status."""
    match operation["state"]:
        case "completed" if operation["failed"]:
            return (
                f"Sync completed with warnings: {operation['synced']}/{operation['total']} albums"
                f" updated successfully. {operation['failed']} failed."
            )
        case "completed":
            return f"Sync complete! Updated {albums(operation['synced'])}"
        case "failed":
            return str(operation["error"]["message"])
        case "cancelled" if operation["total"] is None:
            return "Sync cancelled before any album was synced."
        case "cancelled":
            return f"Sync cancelled: {operation['synced']}/{operation['total']} albums synced."
    if operation["cancel_requested_by"] is not None:
        return "Cancelling..."
    if operation["state"] == "waiting":
        return f"Waiting for {SERVICES[operation['waiting_service']]}..."
    if operation["stage"] == "albums":
        total = operation["total"]
        done = operation["synced"] + operation["failed"]
        return f"Syncing album {min(done + 1, total)} of {total}..."
    return STAGES.get(operation["stage"], "Starting the sync...")


def albums(count: int) -> str:
    return "1 album" if count == 1 else f"{count} albums"


def progress(done: int, failed: int, archived: int) -> str:
    """What became of albums in a while; of `done`, `failed` are those that failed."""
    parts = []
    if done > failed:
        parts.append(f"synced {albums(done - failed)}")
    if failed:
        parts.append(f"failed on {albums(failed)}")
    if archived:
        parts.append(f"archived {albums(archived)}")
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def sentence(kind: str, data: Mapping[str, Any]) -> str:
    """One event as one sentence. A kind that is unknown here gets a plain one: history must
    render for ever."""
    phrase = PHRASES.get(kind)
    return phrase(data) if phrase else f"Recorded “{kind}”."


def _requested(data: Mapping[str, Any]) -> str:
    what = {
        "full": "a sync",
        "refresh": "a sync that fetches every album anew",
        "retry": f"another try of {albums(len(data['scope']['keys']))}",
    }[data["scope"]["mode"]]
    confirmed = ", confirming the sheet as it is" if data["scope"]["confirm"] else ""
    return f"{data['by']} asked for {what}{confirmed}."


def _stage_started(data: Mapping[str, Any]) -> str:
    match data["stage"]:
        case "sheet":
            return "Began to read the Google Sheet."
        case "spotify":
            return f"Accepted the sheet with {albums(data['total'])} and turned to Spotify."
        case _:
            return f"Began to sync {albums(data['total'])}."


def _album_synced(data: Mapping[str, Any]) -> str:
    verb = {"added": "Added", "updated": "Updated", "unchanged": "Checked"}[data["outcome"]]
    return f"{verb} “{data['title']}” by {data['artist']}."


def _album_failed(data: Mapping[str, Any]) -> str:
    by = f" by {data['artist']}" if data["artist"] else ""
    name = f"“{data['title']}”{by}" if data["title"] else f"Row {data['row']}"
    return f"{name} failed: {data['message']}"


def _completed(data: Mapping[str, Any]) -> str:
    return headline({**data, "state": "completed"})


def _cancelled(data: Mapping[str, Any]) -> str:
    return f"{headline({**data, 'state': 'cancelled'})} Asked for by {data['by']}."


PHRASES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "requested": _requested,
    "started": lambda data: f"Worker {data['worker']} started it.",
    "resumed": lambda data: (
        f"Worker {data['worker']} took it up again: {RESUME_REASONS[data['reason']]}."
    ),
    "stage-started": _stage_started,
    "album-synced": _album_synced,
    "albums-unchanged": lambda data: (
        f"Left {albums(len(data['albums']))} alone: fetched recently, row unchanged."
    ),
    "album-failed": _album_failed,
    "album-removed": lambda data: (
        f"Archived “{data['title']}” by {data['artist']}: its row left the sheet."
    ),
    "waiting": lambda data: f"Waits for {SERVICES[data['service']]}: {REASONS[data['reason']]}.",
    "cancel-requested": lambda data: f"{data['by']} asked to stop.",
    "completed": _completed,
    "failed": lambda data: f"The sync failed: {data['message']}",
    "cancelled": _cancelled,
    "exported": lambda data: f"{data['by']} exported {data['what']}.",
    "verified": lambda data: f"{data['by']} verified {data['what']}.",
}
