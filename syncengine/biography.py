"""The life of one album: what each sync did to it, for how long it failed, and what healed it."""

import json
import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet, Subquery

from syncengine.events import canonical
from syncengine.models import SyncEvent, SyncOperation

PAGE_EVENTS = 50
MAX_ROW_FAILURES = 2000  # of all rows without an album, looked through for one album's row
MAX_GAPS = 30  # of one album, the newest: each is a read of its own


class Mark(NamedTuple):
    """An event in an album's life, as little of it as counting takes."""

    position: int
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """Failures in a row, from the position `first` to `last`, and what came after them, None while
    there is nothing."""

    first: int
    last: int
    syncs: int
    end: Mark | None


@dataclass(frozen=True, slots=True)
class Step:
    """One event in an album's life, without what it says."""

    position: int
    kind: str
    operation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FailingRun:
    """Failures in a row. `end` is what came after them: an album-synced or albums-unchanged event
    healed it, an album-removed one took it out of the catalog; None while it still fails."""

    first: Step
    last: Step
    syncs: int
    end: Step | None

    @property
    def is_healed(self) -> bool:
        return self.end is not None and self.end.kind != "album-removed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in an album's life: its data, who asked for the sync, and the run of failures that
    it belongs to where it is a failure."""

    step: Step
    data: dict[str, Any]
    asked_by: str
    run: FailingRun | None


@dataclass(frozen=True, slots=True)
class Biography:
    """One page of an album's life, the newest first. `older` is the position to go on from, None
    on the last page; `failing` the run that has not ended, whichever page this is."""

    entries: Sequence[Entry]
    older: int | None
    failing: FailingRun | None


def biography(album: str, before: int | None = None, limit: int = PAGE_EVENTS) -> Biography:
    """The newest `limit` events of an album's life before the position `before`."""
    life = list(_life(album))
    rows = list(failures_in_a_row(life, _healings(album, life)))
    earlier = [mark.position for mark in life if before is None or mark.position < before]
    shown = earlier[-limit:][::-1]
    unhealed = rows[-1:] if rows and rows[-1].end is None else []
    told = [row for row in rows if any(row.first <= at <= row.last for at in shown)] + unhealed
    events = SyncEvent.objects.in_bulk({*shown, *_positions(told)})
    runs = [_run(row, events) for row in told]
    return Biography(
        entries=list(_entries([events[position] for position in shown], runs)),
        older=shown[-1] if len(earlier) > limit else None,
        failing=runs[-1] if unhealed else None,
    )


def failures_in_a_row(life: Sequence[Mark], healings: Mapping[int, Mark]) -> Iterator[Row]:
    """Each row of failures in a life (ascending).

    `healings` has, by the position of a failure, the event that healed it although it names many
    albums and is none of this life. Pure.
    """
    failed: list[int] = []
    for mark, following in zip(life, [*life[1:], None], strict=False):
        if mark.kind != "album-failed":
            continue
        failed.append(mark.position)
        end = healings.get(mark.position, following)
        if end is None or end.kind != "album-failed":
            yield Row(failed[0], mark.position, len(failed), end)
            failed = []


def _life(album: str) -> list[Mark]:
    own = _marks(SyncEvent.objects.filter(album=album))
    return [*_failures_before(own[0].position), *own] if own else []


def _marks(events: QuerySet[SyncEvent], limit: int | None = None) -> list[Mark]:
    found = events.order_by("position").values_list("position", "kind")[:limit]
    return [Mark(*values) for values in found]


def _failures_before(added: int) -> list[Mark]:
    """The failures of the row from which an album was made, in the syncs before: they name no
    album, so they are looked for by their key, among the newest ones before."""
    key = json.loads(SyncEvent.objects.get(pk=added).data)["key"]
    failed = SyncEvent.objects.filter(kind="album-failed", position__lt=added)
    newest = failed.order_by("-position").values("position")[:MAX_ROW_FAILURES]
    named = SyncEvent.objects.filter(
        position__in=Subquery(newest), album__isnull=True, data__contains=canonical(key)
    )
    # To SQLite's search upper and lower case are the same; to Spotify's ids they are not.
    same = [event for event in named.order_by("position") if json.loads(event.data)["key"] == key]
    return [Mark(event.position, event.kind) for event in same]


def _healings(album: str, life: Sequence[Mark]) -> dict[int, Mark]:
    """{position of a failure: the event that left the album alone in a later sync, fresh as it was
    and its row the same again}.

    Such an event names up to 100 albums and no column finds it. It is looked for only where
    another sync came between the failure and what is known of the album next.
    """
    alone = SyncEvent.objects.filter(kind="albums-unchanged", data__contains=album)
    found: dict[int, Mark] = {}
    for after, until in list(_gaps(life))[-MAX_GAPS:]:
        between = alone.filter(position__gt=after)
        if until is not None:
            between = between.filter(position__lt=until)
        for healing in _marks(between, limit=1):
            found[after] = healing
    return found


def _gaps(life: Sequence[Mark]) -> Iterator[tuple[int, int | None]]:
    """(position of a failure, position of the event after it or None) where a sync that says
    nothing of the album by itself came between."""
    if not any(mark.kind == "album-failed" for mark in life):
        return
    begun = list(
        SyncOperation.objects.order_by("first_position").values_list("first_position", flat=True)
    )
    for mark, following in zip(life, [*life[1:], None], strict=False):
        if mark.kind != "album-failed":
            continue
        later = bisect_right(begun, mark.position)
        if following is None and later < len(begun):
            yield mark.position, None
        elif following is not None and bisect_right(begun, following.position) - later > 1:
            yield mark.position, following.position


def _positions(rows: Iterable[Row]) -> Iterator[int]:
    for row in rows:
        yield from (row.first, row.last)
        if row.end:
            yield row.end.position


def _run(row: Row, events: Mapping[int, SyncEvent]) -> FailingRun:
    return FailingRun(
        first=_step(events[row.first]),
        last=_step(events[row.last]),
        syncs=row.syncs,
        end=_step(events[row.end.position]) if row.end else None,
    )


def _step(event: SyncEvent) -> Step:
    return Step(event.position, event.kind, str(event.operation), event.at)


def _entries(events: Sequence[SyncEvent], runs: Iterable[FailingRun]) -> Iterator[Entry]:
    syncs = SyncOperation.objects.filter(pk__in={event.operation for event in events})
    people: dict[uuid.UUID | None, str] = dict(syncs.values_list("pk", "requested_by"))
    for event in events:
        failed = event.kind == "album-failed"
        yield Entry(
            _step(event),
            json.loads(event.data),
            people.get(event.operation, ""),
            _run_with(event.position, runs) if failed else None,
        )


def _run_with(position: int, runs: Iterable[FailingRun]) -> FailingRun | None:
    return next((one for one in runs if one.first.position <= position <= one.last.position), None)
