"""A past sync, to be played again: where it begins and ends, and the status at any position of it.

No status here is folded from the whole log, nor from all events of the sync: what it needs of them
is found by indexes, so that a page costs the same wherever it looks. That the result is what the
fold of the whole log would be is demanded by tests.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from syncengine.events import Event, instant
from syncengine.history import events_of
from syncengine.log import events_after
from syncengine.models import SyncEvent, SyncOperation
from syncengine.projection import MAX_FAILURES, MAX_PACE_SAMPLES, Status, refolded
from syncengine.projectors import COUNTS
from syncengine.schemas import COUNTED_KINDS, STEP_KINDS
from syncengine.selection import OUTCOMES
from syncengine.sentences import headline

# The samples of 30 s at 160 albums a second; where more events than that were recorded in those
# seconds, the older of these samples are left out.
MAX_PACE_EVENTS = 5000
PACE_CHUNK = 200  # events a read: most often the first ones are enough
CHANGING = ("added", "updated")  # the outcomes besides `unchanged`
SECOND_LENGTH = len("2026-11-22T19:23:51")


class NoSuchEvent(LookupError):
    """The log has no event at a position that it should have one at."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One sync and the positions of its first and last event. Between them stand its events and,
    of no operation, what auditors did meanwhile. `ended`: nothing more will follow."""

    sync: SyncOperation
    first: int
    last: int

    @property
    def ended(self) -> bool:
        return self.sync.finished_at is not None

    @property
    def events(self) -> int:
        """How many positions it has."""
        return self.last - self.first + 1


def find(operation: str) -> Replay | None:
    """The replay of a sync, up to its newest event; None where there is no such sync."""
    sync = SyncOperation.objects.filter(pk=operation).first()
    if sync is None:
        return None
    newest = SyncEvent.objects.filter(operation=operation).order_by("-position")
    last = newest.values_list("position", flat=True).first()
    return Replay(sync, sync.first_position, last or sync.first_position)


def event_at(position: int) -> Event:
    """The event at a position; raises NoSuchEvent."""
    for event in events_after(position - 1, limit=1):
        if event.position == position:
            return event
    raise NoSuchEvent(position)


def status_before(replay: Replay) -> Status:
    """The status right before the first event: the sync's request, which the fold of any page goes
    on from. The operation before it is left out, since a request puts a new one in its place.
    Raises NoSuchEvent."""
    return {
        "position": replay.first - 1,
        "hash": event_at(replay.first).previous_hash,
        "last_synced_at": _synced_before(replay.first),
        "operation": None,
    }


def status_at(replay: Replay, position: int) -> Status:
    """The status right after the event at `position`, which is one of the replay; raises
    NoSuchEvent."""
    event = event_at(position)
    events = events_of(str(replay.sync.pk)).filter(position__lte=position)
    failed = events.filter(kind="album-failed")
    # Unordered, else SQLite reads them all in order rather than the few of these kinds.
    steps = events.filter(kind__in=STEP_KINDS).order_by()
    chosen = [*steps, *failed.order_by("-position")[:MAX_FAILURES]]
    folded = refolded(sorted((row.as_event() for row in chosen), key=lambda event: event.position))
    operation = folded["operation"]
    operation["pace"] = _pace(events)
    operation |= _counts(replay, events, operation)
    operation["message"] = headline(operation)
    return {
        "position": position,
        "hash": event.hash,
        "last_synced_at": folded["last_synced_at"] or _synced_before(replay.first),
        "operation": operation,
    }


def _synced_before(position: int) -> str | None:
    """When a sync that counts as one had completed last before a position."""
    completed = SyncOperation.objects.filter(first_position__lt=position, state="completed")
    newest = completed.exclude(mode="retry").order_by("-first_position")
    at = newest.values_list("finished_at", flat=True).first()
    return instant(at) if at else None


def _counts(
    replay: Replay, events: QuerySet[SyncEvent], operation: dict[str, Any]
) -> dict[str, int | None]:
    """What was done by then; at its end the sync's own row has it."""
    if operation["finished_at"]:
        return {name: getattr(replay.sync, name) for name in COUNTS}
    outcomes = {name: Count("pk", OUTCOMES[name]) for name in CHANGING}
    numbers = events.filter(kind="album-synced").aggregate(**outcomes)
    failed = events.filter(kind="album-failed").count()
    synced = (operation["pace"][-1][1] if operation["pace"] else 0) - failed
    return numbers | {
        "synced": synced,
        "failed": failed,
        "unchanged": synced - sum(numbers.values()),
        "removed": events.filter(kind="album-removed").count(),
    }


def _pace(events: QuerySet[SyncEvent]) -> list[list[Any]]:
    """The samples of the fold: of each of the newest seconds the newest event in it, and how many
    albums were done by then."""
    newest = events.order_by("-position").values_list("position", "kind", "at")
    positions = _of_each_second(
        (position, instant(at))
        for position, kind, at in newest[:MAX_PACE_EVENTS].iterator(PACE_CHUNK)
        if kind in COUNTED_KINDS
    )
    rows = SyncEvent.objects.filter(position__in=positions).order_by("position")
    return [[event.at, event.data["n"]] for event in (row.as_event() for row in rows)]


def _of_each_second(newest: Iterable[tuple[int, str]]) -> list[int]:
    found: dict[str, int] = {}
    for position, at in newest:
        found.setdefault(at[:SECOND_LENGTH], position)
        if len(found) == MAX_PACE_SAMPLES:
            break
    return list(found.values())
