"""What is read of the past: by a resumed sync, by pages and by exports."""

import json
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, Subquery

from albums import catalog
from albums.models import Album
from syncengine import log
from syncengine.models import SyncEvent, SyncOperation, UnconfirmedRemoval
from syncengine.plan import Failed
from syncengine.projection import MAX_FAILURES, refolded
from syncengine.projectors import COUNTS
from syncengine.schemas import END_KINDS, STEP_KINDS
from syncengine.sentences import headline

MAX_FAILURES_READ = 2000


def events_of(operation: str, *kinds: str) -> QuerySet[SyncEvent]:
    """The events of an operation in order, of the given kinds only where there are any given."""
    events = SyncEvent.objects.filter(operation=operation)
    if kinds:
        events = events.filter(kind__in=kinds)
    return events.order_by("position")


def is_operation(operation: str) -> bool:
    """Whether there is a sync with this id."""
    return SyncOperation.objects.filter(pk=operation).exists()


def hashes_at(positions: Sequence[int]) -> dict[int, str]:
    """{position: hash} of the events at these positions, as far as there are any."""
    rows = SyncEvent.objects.filter(position__in=positions)
    return dict(rows.values_list("position", "hash"))


def scope(operation: str) -> dict[str, Any]:
    """What was asked for: `{"mode", "keys", "confirm"}`."""
    for event in events_of(operation, "requested"):
        asked: dict[str, Any] = json.loads(event.data)["scope"]
        return asked
    raise LookupError(operation)


def is_confirmed(operation: str, sheet: str) -> bool:
    """Whether somebody asked for this operation in order to accept `sheet` (its SHA-256), over
    which the operation right before it had stopped.

    A sync in between may have changed the catalog, and with it what the sheet would archive: then
    nobody has seen and confirmed just that.
    """
    asked = events_of(operation, "requested").get()
    if json.loads(asked.data)["scope"]["confirm"] != sheet:
        return False
    before = SyncEvent.objects.filter(kind__in=END_KINDS, position__lt=asked.position)
    end = before.order_by("-position").first()
    return end is not None and json.loads(end.data).get("details", {}).get("sheet") == sheet


def would_archive() -> QuerySet[Album]:
    """The albums that the newest sync would have archived, had it not stopped to ask."""
    return catalog.chosen(UnconfirmedRemoval.objects.values("album"))


def keys_done(operation: str) -> frozenset[str]:
    """The keys of the rows that the operation has dealt with, failures included."""
    keys: set[str] = set()
    done = events_of(operation, "album-synced", "album-failed", "albums-unchanged")
    for text in done.values_list("data", flat=True).iterator():
        data = json.loads(text)
        keys.update(known["key"] for known in data.get("albums", [data]))
    return frozenset(keys)


def failed_before(operation: str, keys: Sequence[str]) -> dict[str, Failed | None]:
    """What the rows with these keys were when each failed last before the operation; None where
    that is long ago."""
    found: dict[str, Failed | None] = dict.fromkeys(keys)
    if found:
        begun = events_of(operation, "requested").values("position")[:1]
        failed = SyncEvent.objects.filter(kind="album-failed", position__lt=Subquery(begun))
        recent = failed.order_by("-position").values_list("data", flat=True)[:MAX_FAILURES_READ]
        for data in map(json.loads, recent):
            if data["key"] in found and found[data["key"]] is None:
                found[data["key"]] = Failed(data["row"], data["artist"], data["title"])
    return found


def failed_keys(operation: str) -> list[str]:
    """The keys of the rows that failed, in the order of the log."""
    failed = events_of(operation, "album-failed").values_list("data", flat=True)
    return [json.loads(text)["key"] for text in failed]


def operation_status(operation: str) -> dict[str, Any] | None:
    """The fold of one operation's events, as the status shows it; None where there is none.

    Of an ended one only the newest failures are read among its album events: the others are
    counted in its row.
    """
    current = log.current_status()["operation"]
    if current is not None and current["id"] == operation:
        return dict(current)
    stored = SyncOperation.objects.filter(pk=operation).first()
    if stored is None:
        return None
    events = [row.as_event() for row in events_of(operation, *STEP_KINDS)]
    failures = events_of(operation, "album-failed").order_by("-position")[:MAX_FAILURES]
    events = sorted([*events, *(row.as_event() for row in failures)], key=lambda e: e.position)
    folded: dict[str, Any] = refolded(events)["operation"]
    folded |= {name: getattr(stored, name) for name in COUNTS}
    return folded | {"message": headline(folded)}
