"""From a log in the database to the state that it comes to, against `eventsourcing`."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from syncengine import log
from syncengine.projection import empty, fold
from tests.benchmarks.database import fresh_database
from tests.benchmarks.long_log import write
from tests.benchmarks.table import Goal, Row, Section, Series

EVENTS = 10_000
RUNS = 11
HOW = f"""\
One log of {EVENTS:,} events, 50 syncs, with 870 bytes of data an event, in a SQLite file: read as
every long read of the product is, checked that each event follows the one before, and folded into
the status. The reference is one aggregate of `eventsourcing` with the same data in its own SQLite
file, reconstructed by its repository with the transcoder that it has by default; it has no chain,
and its state only counts the events of each kind. Both in one process, in turn.
"""


class Log(Aggregate):
    """The reference: the same events as one aggregate."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()

    @event("Recorded")
    def record(self, operation: str, kind: str, at: str, data: dict[str, Any]) -> None:
        self.kinds[kind] += 1


def measure() -> Section:
    with fresh_database(), tempfile.TemporaryDirectory(prefix="groovelog-benchmarks-") as folder:
        write(EVENTS)
        environment = {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": f"{folder}/eventsourcing.sqlite3",
        }
        with Application[UUID](env=environment) as application:
            copy = _copied(application)
            ours, theirs = [], []
            for _ in range(RUNS):
                ours.append(_took_ms(_replay))
                theirs.append(_took_ms(lambda: _replay_copy(application, copy)))
    work = f"{EVENTS:,} events from the database into a state"
    goal = Goal("faster", at_most=1)
    row = Row(work, Series(ours, "ms"), "eventsourcing", Series(theirs, "ms"), goal)
    return Section(HOW, [row], ("eventsourcing",))


def _copied(application: Application[UUID]) -> UUID:
    """Store the log as one aggregate; returns its id."""
    copy = Log()
    for recorded in log.events_between(0, EVENTS):
        copy.record(recorded.operation, recorded.kind, recorded.at, recorded.data)
    application.save(copy)
    return copy.id


def _replay() -> None:
    head = log.head()
    status = fold(log.events_between(0, head.position), empty(head.log_id))
    assert status == head.current_status() and status["position"] == EVENTS


def _replay_copy(application: Application[UUID], copy: UUID) -> None:
    found: Log = application.repository.get(copy)
    assert found.kinds.total() == EVENTS


def _took_ms(replay: Callable[[], None]) -> float:
    began = time.perf_counter()
    replay()
    return (time.perf_counter() - began) * 1000
