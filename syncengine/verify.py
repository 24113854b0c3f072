"""Whether the record holds: the chain, its search columns, the projections, the database's own
refusals and the checkpoints outside the database."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import DatabaseError, connection
from django.db.models import Subquery, TextField
from django.db.models.functions import Cast

from syncengine import checkpoints, log, triggers
from syncengine.events import chain_hash, instant
from syncengine.models import LogHead, SyncEvent
from syncengine.projection import Status, empty, fold

Result = TypeVar("Result")

PAGE_EVENTS = 2000
SPELLED = ("operation", "at", "album")


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
    status = empty(head.log_id)
    position, expected = 0, head.log_id
    while position < head.position:
        rows = _page(position, head.position)
        if not rows:
            report.broken_at(position + 1, "missing or unreadable, though the head is further on")
            return report
        for row in rows:
            why = _fault(row, position + 1, expected)
            if why is None and marks.get(row.position, {row.hash}) != {row.hash}:
                why = "another event than when the checkpoint was written"
            if why is not None:
                report.broken_at(position + 1, why)
                return report
            position, expected = row.position, row.hash
            report.holds_to = position
        status = fold((row.as_event() for row in rows), status)
        progress(position)
    if expected != head.hash:
        report.broken_at(position, "the head has another hash")
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


def _page(after: int, until: int) -> list[SyncEvent]:
    """The next rows; where one cannot be read at all, those before it."""
    page = SyncEvent.objects.filter(position__gt=after, position__lte=until).order_by("position")
    if connection.vendor == "sqlite":
        page = page.annotate(**{f"{name}_text": Cast(name, TextField()) for name in SPELLED})
    limit = PAGE_EVENTS
    while limit:
        try:
            return list(page[:limit])
        except (ValueError, TypeError, DatabaseError):
            limit //= 2
    return []


def _fault(row: SyncEvent, position: int, previous_hash: str) -> str | None:
    if row.position != position:
        return f"missing: the next row is at {row.position}"
    if row.previous_hash != previous_hash:
        return "does not follow the hash before it"
    operation = None if row.operation is None else str(row.operation)
    try:
        hashed = chain_hash(
            row.previous_hash,
            row.position,
            operation,
            row.kind,
            row.version,
            instant(row.at),
            row.data,
        )
    except (ValueError, TypeError, AttributeError):
        return "a column holds what no event has"
    if hashed != row.hash:
        return "its content does not have its hash"
    columns = log.search_columns(row.as_event())
    if (str(row.album or ""), row.code, row.person) != (
        str(columns["album"] or ""),
        columns["code"],
        columns["person"],
    ):
        return "its search columns say something else than its data"
    if connection.vendor == "sqlite" and not _spelled_as_written(row):
        return "a column is spelled as no search finds it"
    return None


def _spelled_as_written(row: SyncEvent) -> bool:
    """SQLite keeps UUIDs and times as text, and other texts are read as the same value."""
    written = {
        "operation": row.operation and row.operation.hex,
        "at": connection.ops.adapt_datetimefield_value(row.at),
        "album": row.album and row.album.hex,
    }
    return all(getattr(row, f"{name}_text") == text for name, text in written.items())


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
    except ValueError:
        return None
