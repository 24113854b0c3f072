"""What is read of the past: by a resumed sync, by pages and by exports."""

import json
from collections.abc import Iterable
from typing import Any

from syncengine.models import SyncEvent, SyncOperation
from syncengine.projection import apply, empty
from syncengine.projectors import ALBUM_KINDS


def events_of(operation: str, *kinds: str) -> Iterable[SyncEvent]:
    """The events of an operation in order, of the given kinds only where there are any given."""
    events = SyncEvent.objects.filter(operation=operation)
    if kinds:
        events = events.filter(kind__in=kinds)
    return events.order_by("position")


def scope(operation: str) -> dict[str, Any]:
    """What was asked for: `{"mode", "keys", "confirm"}`."""
    for event in events_of(operation, "requested"):
        asked: dict[str, Any] = json.loads(event.data)["scope"]
        return asked
    raise LookupError(operation)


def accepted_sheet(operation: str) -> str | None:
    """The SHA-256 of the sheet that the operation works with, None before it has one."""
    for event in events_of(operation, "stage-started"):
        sheet: str | None = json.loads(event.data)["sheet"]
        if sheet is not None:
            return sheet
    return None


def keys_done(operation: str) -> frozenset[str]:
    """The keys of the rows that the operation has dealt with, failures included."""
    keys: set[str] = set()
    done = events_of(operation, "album-synced", "album-failed", "albums-unchanged")
    for text in done.values_list("data", flat=True).iterator():
        data = json.loads(text)
        keys.update(known["key"] for known in data.get("albums", [data]))
    return frozenset(keys)
