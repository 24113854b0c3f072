"""Whether the record holds: the chain, its search columns, the projections, the database's own
refusals and the checkpoints outside the database."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import DatabaseError
from django.db.models import Subquery
from pydantic_core import from_json

from syncengine import checkpoints, log, stored, triggers
from syncengine.events import Event, chain_hash
from syncengine.models import SPOILED, LogHead, SyncEvent
from syncengine.projection import Status, apply, empty
from syncengine.schemas import is_outlined
from syncengine.stored import Misspelled, Row, Spelling

Result = TypeVar("Result")

PAGE_EVENTS = 2000


class Broken(Exception):
    """What is wrong with a row of the log."""


@dataclass
class Report:
    """What `verify` found. `holds_to` is the last position up to which the chain is whole."""

    holds_to: int = 0
    head: int = 0
    first_bad: int | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.problems

    def broken_at(self, position: int, why: str) -> None:
        if self.first_bad is None:
            self.first_bad = position
        self.problems.append(f"position {position}: {why}")


def verify(progress: Callable[[int], None] = lambda position: None) -> Report:
    """Read the whole log and check it; `progress` is told the position reached.

    The head is taken first and the log read up to it, in pages and outside a transaction.
    """
    report = Report()
    for name in triggers.missing():
        report.problems.append(f"the database no longer refuses changes: no trigger {name}")
    # Before the head: a sync that ends in between must not look cut off.
    marks = _read(_marks, report) or {}
    head = log.head()
    report.head = head.position
    if (other := _read(checkpoints.replaced, report)) is not None:
        # The log's id is in the database, too, so who rewrites everything may take another one.
        report.broken_at(
            1,
            f"another log than this database had when a checkpoint was written at {other.position}"
            " (where a new one was begun on purpose, move the old checkpoints away)",
        )
        return report
    status = _folded(report, head, marks, progress)
    if report.first_bad is not None:
        return report
    if status["hash"] != head.hash:
        report.broken_at(report.holds_to, "the head has another hash")
    _check_ends(report, marks)
    if _text(status) != _text_again(head.status):
        report.problems.append("the stored status is not the fold of the log")
    return report


def _read(read: Callable[[], Result], report: Report) -> Result | None:
    """What is read of the checkpoints; None, and a problem, where they cannot be read."""
    try:
        return read()
    except OSError as error:
        problem = f"the checkpoints cannot be read: {error.strerror}"
        if problem not in report.problems:
            report.problems.append(problem)
        return None


def _marks() -> dict[int, set[str]]:
    """The hashes that checkpoints have for a position: more than one where somebody added his."""
    marks: dict[int, set[str]] = {}
    for checkpoint in checkpoints.stored():
        marks.setdefault(checkpoint.position, set()).add(checkpoint.hash)
    return marks


def _folded(
    report: Report,
    head: LogHead,
    marks: dict[int, set[str]],
    progress: Callable[[int], None],
) -> Status:
    """The fold of the events up to the head, or up to the first of which something is wrong: the
    report then says what."""
    spelling, position, status = stored.spelling(), 0, empty(head.log_id)
    while position < head.position:
        rows = _page(position, head.position)
        if not rows:
            report.broken_at(position + 1, "missing or unreadable, though the head is further on")
            return status
        for row in rows:
            try:
                event = _event(row, spelling, position + 1, status["hash"])
                if marks.get(event.position, {event.hash}) != {event.hash}:
                    raise Broken("another event than when the checkpoint was written")
                status = _next(status, event)
            except Broken as broken:
                report.broken_at(position + 1, str(broken))
                return status
            position = report.holds_to = event.position
        progress(position)
    return status


def _page(after: int, until: int) -> Sequence[Row]:
    """The next rows; where one cannot be read at all, those before it."""
    events = SyncEvent.objects.filter(position__gt=after, position__lte=until)
    page = stored.rows(events.order_by("position"))
    limit = PAGE_EVENTS
    while limit:
        try:
            return list(page[:limit])
        except (ValueError, TypeError, DatabaseError):
            limit //= 2
    LogHead.objects.exists()  # raises where it is the database that cannot be read, not this row
    return []


def _event(row: Row, spelling: Spelling, wanted: int, expected: str) -> Event:
    """The event of a row. Raises Broken where it is not the one at this position, or not whole."""
    position, operation, kind, version, at, text, previous_hash, hash_, album, code, person = row
    if position != wanted:
        raise Broken(f"missing: the next row is at {position}")
    if previous_hash != expected:
        raise Broken("does not follow the hash before it")
    try:
        operation, at = spelling.uuid(operation), spelling.instant(at)
        hashed = chain_hash(previous_hash, position, operation, kind, version, at, text)
        if hashed != hash_:
            raise Broken("its content does not have its hash")
        # Twice as fast as `json`.
        data = from_json(text, cache_strings="keys", allow_inf_nan=False)
        if (spelling.uuid(album), code, person) != log.searched(data):
            raise Broken("its search columns say something else than its data")
        if not is_outlined(kind, version, data):
            raise Broken("its data is not what its kind has")
    except Misspelled:
        raise Broken("a column is spelled as no search finds it") from None
    except SPOILED:
        raise Broken("a column holds what no event has") from None
    return Event(position, operation, kind, version, at, data, previous_hash, hash_)


def _next(status: Status, event: Event) -> Status:
    """The status after the event. Raises Broken where it cannot be told."""
    try:
        return apply(status, event)
    except SPOILED:
        raise Broken("no status follows from it") from None


def _check_ends(report: Report, marks: dict[int, set[str]]) -> None:
    """Nothing before the first position, beyond the head, or cut off behind it."""
    newest = LogHead.objects.values("position")  # in the same statement: the log may be growing
    if SyncEvent.objects.filter(position__lt=1).exists():
        report.broken_at(0, "before the first position of the log")
    if SyncEvent.objects.filter(position__gt=Subquery(newest)).exists():
        report.broken_at(report.head + 1, "beyond the head of the log")
    beyond = [mark for mark in marks if mark > report.head]
    if beyond:
        report.broken_at(report.head + 1, f"missing, though a checkpoint names {max(beyond)}")


def _text(status: Status) -> str:
    return json.dumps(status, sort_keys=True)  # as text 1, 1.0 and true differ


def _text_again(stored: str) -> str | None:
    try:
        return _text(json.loads(stored))
    except SPOILED:
        return None
