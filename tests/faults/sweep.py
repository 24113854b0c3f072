"""A sync that is killed at one point after another: many worlds side by side, since each rescue
takes the ten seconds of a lease. The sync has every step: albums that are new, one that fails,
one that is known and changed, fresh ones that are left alone, and one that has left the sheet.
"""

import csv
import io
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from albums.models import Album
from project.demo.albums import load
from syncengine import operations
from tests.databases import Databases
from tests.demo import Demo
from tests.faults import invariants
from tests.faults.failing import POINTS
from tests.faults.world import MOST_S, World
from tests.process import WorkerProcess
from tests.sheets import UNKNOWN
from tests.syncing import current_operation, events, eventually, in_catalog, outcomes, sync_now

AT_ONCE = 12  # worlds; each has two processes
RESUME_LIMIT_S = 20.0  # the promise, from the death (or the rescuer's start) on
IDLE_S = 2.0  # after the end of a sync nothing more is reached
FRESH, CHANGED = 4, 1  # of the 20 albums; the rest is new, but for the one that fails
ALBUMS = 20


@dataclass(frozen=True, order=True)
class Point:
    """The `number`-th time that a worker gets to the failpoint `name`."""

    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.name}:{self.number}"


@dataclass
class Sweep:
    """What came of the points: all that were tried, those that the sync had ended before (a ring
    may stand for two), and how long the sync stood still in seconds."""

    tried: list[Point] = field(default_factory=list)
    passed_by: list[Point] = field(default_factory=list)
    stood_still_s: list[float] = field(default_factory=list)


@contextmanager
def prepared(databases: Databases, demo: Demo) -> Iterator[str]:
    """The URL of a database whose sync was asked for and not begun; to be copied."""
    known = list(_rows(1 + FRESH + CHANGED))
    sheet = [*known[1:-1], known[-1].replace(",19", ",20", 1), UNKNOWN]
    sheet += list(_rows(ALBUMS - len(sheet), after=len(known)))
    with databases.fresh() as url:
        demo.sheet(*known)
        assert sync_now()["state"] == "completed"
        demo.sheet(*sheet)
        operations.start("ann", "button")
        yield url


def points(databases: Databases, demo: Demo, folder: Path, like: str) -> list[Point]:
    """Every point of that sync, in no order of time."""
    with databases.fresh(like) as url:
        world = World(folder / "trace", url, demo)
        world.folder.mkdir()
        trace = world.folder / "points"
        world.worker(FAILPOINT_TRACE=str(trace))
        eventually(lambda: current_operation()["finished_at"], MOST_S)
        time.sleep(IDLE_S)
        world.end()
        reached = Counter(trace.read_text().split())
    assert set(reached) == set(POINTS)
    return [Point(name, number + 1) for name in POINTS for number in range(reached[name])]


def sweep(
    databases: Databases, demo: Demo, folder: Path, like: str, wanted: Sequence[Point]
) -> Sweep:
    """Kill a worker at each of the points, start another one, and check what came of it."""
    found = Sweep()
    for first in range(0, len(wanted), AT_ONCE):
        batch = wanted[first : first + AT_ONCE]
        with ExitStack() as stack:
            attempts = [
                stack.enter_context(_attempt(databases, demo, folder, like, point))
                for point in batch
            ]
            with ThreadPoolExecutor(AT_ONCE) as threads:
                list(threads.map(Attempt.kill_and_rescue, attempts))
            for attempt in attempts:
                databases.use(attempt.url)
                attempt.check(found)
    return found


class Attempt:
    """One world and its point."""

    def __init__(self, world: World, url: str, point: Point) -> None:
        self.world, self.url, self.point = world, url, point
        self.died_at: float | None = None  # seconds since the epoch
        self.rescued_from = 0.0  # when somebody was there to rescue

    def kill_and_rescue(self) -> None:
        """Only processes here: the connection to the database belongs to the main thread."""
        trace = self.world.folder / "points"
        worker = self.world.worker(f"{self.point}:kill", FAILPOINT_TRACE=str(trace))
        eventually(lambda: not worker.is_running or _has_ended(trace), MOST_S)
        if not worker.is_running:
            self.died_at = time.time()
        self.rescuer: WorkerProcess = self.world.worker()
        self.rescued_from = time.time()

    def check(self, found: Sweep) -> None:
        try:
            invariants.at_rest(MOST_S)
            invariants.check(self.world)
            check_result()
        except BaseException:
            print(f"killed at {self.point}")
            for process in self.world.processes:
                print(process.output)
            raise
        finally:
            self.world.end()
        found.tried.append(self.point)
        if self.died_at is None:
            found.passed_by.append(self.point)
            return
        taken_up = [
            event
            for event in events("started", "resumed")
            if datetime.fromisoformat(event.at).timestamp() > self.died_at
        ]
        if taken_up:
            at = datetime.fromisoformat(taken_up[0].at).timestamp()
            assert at - self.rescued_from < RESUME_LIMIT_S, f"{self.point}: {at}"
            found.stood_still_s.append(at - self.died_at)


def check_result() -> None:
    """However often the sync was taken up, it came to what it would have come to undisturbed."""
    operation = current_operation()
    names = ("state", "total", "synced", "failed", "added", "updated", "unchanged", "removed")
    new = ALBUMS - FRESH - CHANGED - 1
    assert {name: operation[name] for name in names} == {
        "state": "completed",
        "total": ALBUMS,
        "synced": ALBUMS - 1,
        "failed": 1,
        "added": new,
        "updated": CHANGED,
        "unchanged": FRESH,
        "removed": 1,
    }
    assert len(outcomes()) == len(events("album-synced")) == new + CHANGED
    assert len(events("album-failed")) == len(events("album-removed")) == 1
    assert len(in_catalog()) == Album.objects.count() - 1 == ALBUMS - 1


@contextmanager
def _attempt(
    databases: Databases, demo: Demo, folder: Path, like: str, point: Point
) -> Iterator[Attempt]:
    with databases.fresh(like) as url:
        home = folder / str(point).replace(":", "-")
        home.mkdir()
        attempt = Attempt(World(home, url, demo), url, point)
        try:
            yield attempt
        finally:
            attempt.world.end()


def _has_ended(trace: Path) -> bool:
    """Whether the worker has come to the end of its sync without reaching its point."""
    if not trace.exists() or trace.read_text().split().count("checkpoint") < 2:
        return False
    return time.time() - trace.stat().st_mtime > IDLE_S


def _rows(count: int, after: int = 0) -> Iterator[str]:
    """Rows of the demo's sheet as CSV that Spotify has albums for."""
    listed = [row for row in load().rows if row.note == "" and row.year.startswith("19")]
    for row in listed[after : after + count]:
        line = io.StringIO()
        cells: list[Any] = row.cells()[:6]
        csv.writer(line, lineterminator="").writerow(cells)
        yield line.getvalue()
