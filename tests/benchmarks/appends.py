"""What it costs to append one event with its album's change, in one transaction."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import psycopg

from tests.backends import start_postgresql
from tests.benchmarks.table import SHOWN, Goal, Row, Section, Series
from tests.benchmarks.writer import Writer, writer

RUNS = 9
EVENTS = 100  # of each way in each run
WARM_UP = 30  # events of each way before the first run
WRITERS = 4
COMPETING_S = 1.0  # of each way in each run
FASTER = Goal("faster", at_most=1)

HOW = f"""\
An `album-synced` event as a worker appends it (`syncengine.results`): one transaction locks the
head of the log, asks for the fence, validates the event, chains it by its hash, changes the album,
keeps its version, and moves the head with the status in it. A change is an album of 12 tracks that
gets another label and cover, with half a kilobyte of data; a new album is two kilobytes. The
references store the same data in an event of theirs, with neither chain nor album:
django-eventstream by its `DjangoModelStorage`, in the same database through the same connection of
Django; eventsourcing as an event of an aggregate by its own recorders, on SQLite in a file beside
it, also with a write-ahead log and `synchronous=FULL`, on PostgreSQL in the same database. A run is
the mean of {EVENTS} events of each, one of each in turn. In a profile of changes on SQLite the
commit takes nearly a third of the time, as much as eventsourcing needs for its one statement and
its commit together. The rest are seven statements, Django, which carries them out, the validation
and hash of the event, and the fold that moves the status.

In the last rows {WRITERS} processes append for {COMPETING_S:g} s in each run, as fast as they can.
A plain insert is one `objects.create()` of the same columns in a table with neither triggers nor
indexes. With the lock only, it is done while the head of the log is held. With lock and chain it is
an event of the product that changes nothing besides the log."""


def measure() -> Section:
    folder = Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))
    folder.chmod(0o755)  # PostgreSQL runs as an account of its own and must get through
    rows = [*_alone("SQLite", f"sqlite:///{folder}/appends.sqlite3")]
    url = start_postgresql(folder / "appends")
    rows += [*_alone("PostgreSQL", url), *_competing(url)]
    with psycopg.connect(url) as connection:
        postgresql = f"PostgreSQL {connection.info.parameter_status('server_version')}"
    return Section(HOW, rows, ("django-eventstream", "eventsourcing"), (postgresql,))


def _alone(database: str, url: str) -> Iterator[Row]:
    """One writer."""
    with writer(url) as one:
        for what, said in (("changed", "a change"), ("added", "a new album")):
            ways = (what, f"eventstream_{what}", f"eventsourcing_{what}")
            _means_ms(one, ways, WARM_UP)
            runs = [_means_ms(one, ways, EVENTS) for _ in range(RUNS)]
            ours, eventstream, eventsourcing = (
                Series(run, "ms") for run in zip(*runs, strict=True)
            )
            yield Row(f"{said}, {database}", ours, "django-eventstream", eventstream, FASTER)
            yield Row(f"{said}, {database}", ours, "eventsourcing", eventsourcing, SHOWN)


def _means_ms(one: Writer, ways: Sequence[str], events: int) -> list[float]:
    one.ask("took", ways, events)
    return [1000 * took_s / events for took_s in one.answer()]


def _competing(url: str) -> Iterator[Row]:
    """Several writers at once."""
    ways = {
        "changed": "changes",
        "chained": "with lock and chain, without an album",
        "locked": "with the lock only",
    }
    with ExitStack() as stack:
        writers = [stack.enter_context(writer(url)) for _ in range(WRITERS)]
        runs = [[_together(writers, way) for way in (*ways, "plain")] for _ in range(RUNS)]
    *found, plain = (Series(run, "/s") for run in zip(*runs, strict=True))
    for said, rates in zip(ways.values(), found, strict=True):
        work = f"{WRITERS} writers at once, PostgreSQL: {said}"
        yield Row(work, rates, "plain inserts", plain, SHOWN)


def _together(writers: list[Writer], way: str) -> float:
    for one in writers:
        one.ask("within", way, COMPETING_S)
    return sum(one.answer() for one in writers) / COMPETING_S
