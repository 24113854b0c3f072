"""The life of one album: what each sync did to it, for how long it failed, and what healed it."""

import json
import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Subquery

from syncengine.events import canonical
from syncengine.models import SyncEvent, SyncOperation

PAGE_EVENTS = 50
MAX_ROW_FAILURES = 2000  # of all rows without an album, looked through for one album's row
MAX_GAPS = 50  # of one album, each a read of its own


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
    steps = list(_steps(album))
    runs = list(failing_runs(steps, _healings(album, steps)))
    earlier = [step for step in steps if before is None or step.position < before]
    shown = earlier[-limit:][::-1]
    failing = runs[-1] if runs and runs[-1].end is None else None
    older = shown[-1].position if len(earlier) > limit else None
    return Biography(list(_entries(shown, runs)), older, failing)


def failing_runs(steps: Sequence[Step], healings: dict[int, Step]) -> Iterator[FailingRun]:
    """The failures in `steps` (ascending), each row of them as one run.

    `healings` has, by the position of a failure, the event that healed it although it names many
    albums and is no step of this one. Pure.
    """
    run: list[Step] = []
    for index, step in enumerate(steps):
        if step.kind != "album-failed":
            continue
        run.append(step)
        following = steps[index + 1] if index + 1 < len(steps) else None
        end = healings.get(step.position, following)
        if end is None or end.kind != "album-failed":
            yield FailingRun(run[0], step, len(run), end)
            run = []


def _steps(album: str) -> Iterator[Step]:
    own = list(_as_steps(SyncEvent.objects.filter(album=album)))
    if own:
        yield from _failures_before(own[0])
    yield from own


def _as_steps(events: QuerySet[SyncEvent], limit: int | None = None) -> Iterator[Step]:
    rows = events.order_by("position").values_list("position", "kind", "operation", "at")
    for position, kind, operation, at in rows[:limit]:
        yield Step(position, kind, str(operation), at)


def _failures_before(added: Step) -> Iterator[Step]:
    """The failures of the row from which an album was made, in the syncs before: they name no
    album, so they are looked for by their key, among the newest ones before."""
    key = json.loads(SyncEvent.objects.get(pk=added.position).data)["key"]
    failed = SyncEvent.objects.filter(kind="album-failed", position__lt=added.position)
    newest = failed.order_by("-position").values("position")[:MAX_ROW_FAILURES]
    named = SyncEvent.objects.filter(
        position__in=Subquery(newest), album__isnull=True, data__contains=canonical(key)
    )
    # To SQLite's search upper and lower case are the same; to Spotify's ids they are not.
    same = [one.position for one in named if json.loads(one.data)["key"] == key]
    return _as_steps(SyncEvent.objects.filter(position__in=same))


def _healings(album: str, steps: Sequence[Step]) -> dict[int, Step]:
    """{position of a failure: the event that left the album alone in a later sync, fresh as it was
    and its row the same again}.

    Such an event names up to 100 albums and no column finds it. It is looked for only where
    another sync came between the failure and what is known of the album next.
    """
    alone = SyncEvent.objects.filter(kind="albums-unchanged", data__contains=album)
    found: dict[int, Step] = {}
    for after, until in list(_gaps(steps))[-MAX_GAPS:]:
        between = alone.filter(position__gt=after)
        if until is not None:
            between = between.filter(position__lt=until)
        for healing in _as_steps(between, limit=1):
            found[after] = healing
    return found


def _gaps(steps: Sequence[Step]) -> Iterator[tuple[int, int | None]]:
    """(position of a failure, position of the step after it or None) where a sync that says nothing
    of the album by itself came between."""
    if not any(step.kind == "album-failed" for step in steps):
        return
    begun = list(
        SyncOperation.objects.order_by("first_position").values_list("first_position", flat=True)
    )
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if step.kind != "album-failed":
            continue
        later = bisect_right(begun, step.position)
        if following is None and later < len(begun):
            yield step.position, None
        elif following is not None and bisect_right(begun, following.position) - later > 1:
            yield step.position, following.position


def _entries(steps: Sequence[Step], runs: Iterable[FailingRun]) -> Iterator[Entry]:
    events = SyncEvent.objects.in_bulk([step.position for step in steps])
    people = dict(
        SyncOperation.objects.filter(pk__in={step.operation for step in steps}).values_list(
            "pk", "requested_by"
        )
    )
    for step in steps:
        failed = step.kind == "album-failed"
        yield Entry(
            step,
            json.loads(events[step.position].data),
            people.get(uuid.UUID(step.operation), ""),
            _run_with(step.position, runs) if failed else None,
        )


def _run_with(position: int, runs: Iterable[FailingRun]) -> FailingRun | None:
    return next((one for one in runs if one.first.position <= position <= one.last.position), None)
