"""One sync told from beginning to end: its steps, and what was done between them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import OuterRef, Subquery

from syncengine.history import events_of
from syncengine.models import SyncEvent
from syncengine.schemas import COUNTED_KINDS, STEP_KINDS

MAX_STEPS_TOLD = 40  # of a sync that waited a thousand times: so many at each end


@dataclass(frozen=True, slots=True)
class Step:
    """An event that is not about an album. `silent_since` is when the event before a `resumed` was
    written: from then on nobody worked on the sync. `data` is None where it cannot be read."""

    position: int
    kind: str
    at: datetime
    data: dict[str, Any] | None
    silent_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Albums:
    """What became of albums between two steps; of `done`, `failed` are those that failed."""

    done: int
    failed: int
    archived: int


@dataclass(frozen=True, slots=True)
class Cut:
    """So many steps that are left out of the story."""

    steps: int


def steps(operation: str) -> list[Step]:
    """The steps of a sync in order."""
    before = SyncEvent.objects.filter(operation=operation, position__lt=OuterRef("position"))
    silent = {
        row.position: row.silent_since
        for row in events_of(operation, "resumed").annotate(
            silent_since=Subquery(before.order_by("-position").values("at")[:1])
        )
    }
    rows = events_of(operation, *STEP_KINDS).values_list("position", "kind", "at", "data")
    return [
        Step(position, kind, at, read(data), silent.get(position))
        for position, kind, at, data in rows
    ]


def told(operation: str, steps: list[Step], until: int) -> Iterator[Step | Albums | Cut]:
    """The steps, each followed by what was done until the next one; `until` is the position up to
    which to look for albums after the last one. Of many steps those in the middle are left out."""
    ends = [*(step.position for step in steps[1:]), until + 1]
    cut = range(MAX_STEPS_TOLD, len(steps) - MAX_STEPS_TOLD)
    for place, (step, end) in enumerate(zip(steps, ends, strict=True)):
        if place in cut:
            if place == cut.start:
                yield Cut(len(cut))
            continue
        yield step
        if end - step.position > 1:
            yield from _between(operation, step.position, end)


def _between(operation: str, after: int, before: int) -> Iterator[Albums]:
    """What was done between two positions; nothing where other events stand there only."""
    inside = {"position__gt": after, "position__lt": before}
    done = _done(operation, before) - _done(operation, after)
    failed = events_of(operation, "album-failed").filter(**inside).count()
    archived = events_of(operation, "album-removed").filter(**inside).count()
    if done or failed or archived:
        yield Albums(done, failed, archived)


def _done(operation: str, before: int) -> int:
    """How many albums were done before a position: what the last event that counts them says."""
    events = events_of(operation, *COUNTED_KINDS).filter(position__lt=before)
    last = events.order_by("-position").values_list("data", flat=True).first()
    n = (read(last) or {}).get("n") if last else 0
    return n if isinstance(n, int) else 0


def read(data: str) -> dict[str, Any] | None:
    """An event's data; None where it has been tampered with so that it is no JSON object, or has
    text that no page can be written with."""
    try:
        found = json.loads(data)
        if "\\ud" in data.lower():  # half a character, unless it stands for itself
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def wait_until(data: dict[str, Any] | None) -> datetime | None:
    """Until when a `waiting` waits; None for another event, and where it names no moment."""
    try:
        return datetime.fromisoformat((data or {})["until"]).astimezone(UTC)
    except (LookupError, TypeError, ValueError, OverflowError):
        return None
