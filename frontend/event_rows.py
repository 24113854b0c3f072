"""Events as rows of a sync's page: what each says, and every difference that it made."""

from datetime import datetime
from typing import Any

from albums import catalog
from frontend.differences import lines, notes
from frontend.event_links import album_url, event_url
from syncengine.models import SyncEvent
from syncengine.sentences import sentence
from syncengine.story import read, wait_until

MARKS = {
    "album-failed": "failed",
    "album-removed": "archived",
    "albums-unchanged": "unchanged",
    "requested": "todo",
    "started": "now",
    "resumed": "now",
    "stage-started": "now",
    "waiting": "waiting",
    "cancel-requested": "cancelled",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
UNREADABLE = "What was written here is no longer there: its data cannot be read."


def event_row(event: SyncEvent) -> dict[str, Any]:
    """An event as a row: `{"position", "url", "kind", "mark", "at", "sentence", "data"}`, and for
    one about albums what `_told` adds. Where its data has been tampered with so that nothing can
    be told, it says so."""
    row = {
        "position": event.position,
        "url": event_url(str(event.operation), event.position),
        "kind": event.kind,
        "mark": _mark(event.kind, {}),
        "at": event.at,
        "data": {},
        "sentence": UNREADABLE,
    }
    data = read(event.data)
    try:
        return row | _told(event.kind, data or {})
    except (ValueError, LookupError, TypeError, AttributeError):
        return row


def step_row(operation: str, position: int, kind: str, at: datetime, data: Any) -> dict[str, Any]:
    """A row for a step of the sync; its `data` is None where it could not be read."""
    try:
        told = sentence(kind, data)
    except (LookupError, TypeError, AttributeError):
        told = UNREADABLE
    url, mark = event_url(operation, position), _mark(kind, data or {})
    until = wait_until(data)
    row = {"position": position, "url": url, "kind": kind, "mark": mark, "at": at}
    return row | {"sentence": told, "until": until}


def _mark(kind: str, data: dict[str, Any]) -> str:
    if kind == "completed" and data.get("failed"):
        return "warnings"
    return MARKS.get(kind, "todo")


def _told(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"data": data, "sentence": sentence(kind, data)}
    told["mark"] = _mark(kind, data)
    told["until"] = wait_until(data)
    if kind == "albums-unchanged":
        return told | {"albums": _named(data["albums"])}
    if kind == "album-synced":
        changes = data["changes"]
        told |= {"mark": data["outcome"], "lines": lines(changes), "notes": notes(changes)}
    if kind == "album-failed" and not all(isinstance(one, dict) for one in data["candidates"]):
        raise TypeError("candidates")
    if kind in ("album-synced", "album-failed", "album-removed"):
        told |= {"album_url": data["album"] and album_url(data["album"])}
    return told


def _named(known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = catalog.names(one["album"] for one in known)
    return [
        {"row": one["row"], "url": album_url(one["album"])}
        | dict(zip(("artist", "title"), names.get(one["album"], ("", "")), strict=True))
        for one in known
    ]
