"""Whether the record holds: the chain, its search columns, the projections, the database's own
refusals and the checkpoints outside the database."""

from collections.abc import Callable
from dataclasses import dataclass, field

from syncengine import checkpoints, log, triggers
from syncengine.events import chain_hash, instant
from syncengine.models import SyncEvent
from syncengine.projection import empty, fold

PAGE_EVENTS = 2000


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
    head = log.head()
    report.head = head.position
    status = empty(head.log_id)
    position, expected = 0, head.log_id
    marks = {checkpoint.position: checkpoint.hash for checkpoint in checkpoints.stored()}
    while position < head.position:
        page = SyncEvent.objects.filter(position__gt=position, position__lte=head.position)
        rows = list(page.order_by("position")[:PAGE_EVENTS])
        for row in rows:
            why = _fault(row, position + 1, expected)
            if why is None and marks.get(row.position, row.hash) != row.hash:
                why = "another event than when the checkpoint was written"
            if why is not None:
                report.broken_at(row.position, why)
                return report
            position, expected = row.position, row.hash
        if not rows:
            report.broken_at(position + 1, "missing, though the head is further on")
            return report
        status = fold((row.as_event() for row in rows), status)
        report.holds_to = position
        progress(position)
    if expected != head.hash:
        report.broken_at(position, "the head has another hash")
    beyond = [mark for mark in sorted(marks) if mark > head.position]
    if beyond:
        report.broken_at(head.position + 1, f"missing, though a checkpoint names {beyond[-1]}")
    if status != head.current_status():
        report.problems.append("the stored status is not the fold of the log")
    return report


def _fault(row: SyncEvent, position: int, previous_hash: str) -> str | None:
    if row.position != position:
        return f"follows {position - 1}: {row.position - position} missing before it"
    if row.previous_hash != previous_hash:
        return "does not follow the hash before it"
    operation = None if row.operation is None else str(row.operation)
    hashed = chain_hash(
        row.previous_hash,
        row.position,
        operation,
        row.kind,
        row.version,
        instant(row.at),
        row.data,
    )
    if hashed != row.hash:
        return "its content does not have its hash"
    columns = log.search_columns(row.as_event())
    if (str(row.album or ""), row.code, row.person) != (
        str(columns["album"] or ""),
        columns["code"],
        columns["person"],
    ):
        return "its search columns say something else than its data"
    return None
