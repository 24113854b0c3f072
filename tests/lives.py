"""Syncs at chosen moments, of just the albums that a test wants, through the log's door."""

import uuid
from datetime import datetime
from typing import Any
from unittest.mock import patch

from albums.fields import EMPTY, Fields, difference
from syncengine import log
from tests.examples import SHEET

BLUE = "0b7e6d5c-4a39-4281-9706-f5e4d3c2b1a0"
DUMMY = "1b7e6d5c-4a39-4281-9706-f5e4d3c2b1a1"
SCOPE = {"mode": "full", "keys": [], "confirm": None}
Event = tuple[str, dict[str, Any]]


def moment(text: str) -> datetime:
    """`2026-11-03 14:02` as a moment in UTC."""
    return datetime.fromisoformat(f"{text}+00:00")


def sync(at: str, *events: Event, by: str = "ann", end: str = "completed") -> str:
    """A sync at this moment with these events of albums; returns its id. An empty `end` leaves it
    unfinished."""
    operation = str(uuid.uuid4())
    total = max(1, len(events))
    with patch("django.utils.timezone.now", lambda: moment(at)), log.appending() as appender:
        asked = {"by": by, "trigger": "button", "scope": SCOPE}
        appender.append("requested", asked, operation)
        appender.append("started", {"worker": "w", "attempt": 1}, operation)
        for stage in ("sheet", "spotify", "albums"):
            known = stage != "sheet"
            data = {"stage": stage, "total": total if known else None}
            data["sheet"] = SHEET if known else None
            appender.append("stage-started", data, operation)
        for n, (kind, data) in enumerate(events, start=1):
            numbers = {} if kind == "album-removed" else {"n": n, "total": total}
            appender.append(kind, data | numbers, operation)
        if end == "completed":
            counts = _counts(events)
            appender.append(end, {"total": total, **counts}, operation)
    return operation


def synced(album: str, old: Fields | None, new: Fields, row: int = 2, key: str = "") -> Event:
    """An album becomes `new` where it was `old`, None where it is new."""
    old = old and {**EMPTY, **old}
    changes = difference(old, {**EMPTY, **new})
    outcome = "updated" if old else "added"
    if old and not changes.keys() - {"fetched_at"}:
        outcome = "unchanged"
    data = {"album": album, "key": key or f"name:{album[:4]}", "row": row, "outcome": outcome}
    names = {name: new.get(name, "") for name in ("artist", "title")}
    return "album-synced", data | names | {"changes": changes}


def failed(
    album: str | None, title: str = "Blue", row: int = 2, key: str = "", message: str = "No."
) -> Event:
    data = {"album": album, "key": key or f"name:{(album or title)[:4]}", "row": row}
    names = {"artist": "Joni Mitchell", "title": title}
    why = {"code": "album-no-match", "message": message, "remedy": "Check it.", "candidates": []}
    return "album-failed", data | names | why


def left_alone(*albums: str) -> Event:
    known = [{"album": album, "key": f"name:{album[:4]}", "row": 2} for album in albums]
    return "albums-unchanged", {"albums": known}


def removed(album: str, title: str = "Blue") -> Event:
    names = {"artist": "Joni Mitchell", "title": title}
    return "album-removed", {"album": album, "key": f"name:{album[:4]}", **names}


def fields(title: str = "Blue", **others: Any) -> Fields:
    return {"artist": "Joni Mitchell", "title": title, **others}


def _counts(events: tuple[Event, ...]) -> dict[str, int]:
    outcomes = [data.get("outcome", kind) for kind, data in events]
    counts = {name: outcomes.count(name) for name in ("added", "updated", "unchanged")}
    counts["unchanged"] += sum(len(data.get("albums", [])) for _, data in events)
    return {
        **counts,
        "synced": sum(counts.values()),
        "failed": outcomes.count("album-failed"),
        "removed": outcomes.count("album-removed"),
    }
