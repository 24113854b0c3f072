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
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from albums.models import Album
from project.demo.albums import load
from syncengine import operations
from tests.databases import Databases
from tests.demo import Demo
from tests.faults.failing import POINTS
from tests.faults.side_by_side import (
    RESUME_LIMIT_S,
    settle,
    side_by_side,
    taken_up_after,
    timestamp,
    using,
)
from tests.faults.world import MOST_S, FailingWorker, World
from tests.sheets import UNKNOWN
from tests.syncing import current_operation, events, eventually, in_catalog, outcomes, sync_now

AT_ONCE = 12  # worlds; each has two processes
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
    with side_by_side(databases, folder, like, [demo]) as [world], using(databases, world):
        worker = world.failing_worker()
        eventually(lambda: current_operation()["finished_at"], MOST_S)
        time.sleep(IDLE_S)
        reached = Counter(worker.points)
    assert set(reached) == set(POINTS)
    return [Point(name, number + 1) for name in POINTS for number in range(reached[name])]


def sweep(
    databases: Databases, demo: Demo, folder: Path, like: str, wanted: Sequence[Point]
) -> Sweep:
    """Kill a worker at each of the points, start another one, and check what came of it."""
    found = Sweep()
    for first in range(0, len(wanted), AT_ONCE):
        batch = wanted[first : first + AT_ONCE]
        home = folder / f"from-{first}"
        home.mkdir()
        with side_by_side(databases, home, like, [demo] * len(batch)) as worlds:
            attempts = [Attempt(*pair) for pair in zip(worlds, batch, strict=True)]
            with ThreadPoolExecutor(AT_ONCE) as threads:
                list(threads.map(Attempt.kill_and_rescue, attempts))
            for attempt in attempts:
                with using(databases, attempt.world):
                    attempt.check(found)
    return found


class Attempt:
    """One world and its point."""

    def __init__(self, world: World, point: Point) -> None:
        self.world, self.point = world, point
        self.died_at: float | None = None  # seconds since the epoch
        self.rescued_from = 0.0  # when somebody was there to rescue

    def kill_and_rescue(self) -> None:
        """Only processes here: the connection to the database belongs to the main thread."""
        worker = self.world.failing_worker(f"{self.point}:kill")
        eventually(lambda: not worker.is_running or _has_ended(worker), MOST_S)
        if not worker.is_running:
            self.died_at = worker.reached_last_at
        self.world.worker()
        self.rescued_from = time.time()

    def check(self, found: Sweep) -> None:
        print(f"killed at {self.point}")  # shown where the test fails
        settle(self.world)
        check_result()
        self.world.end()
        found.tried.append(self.point)
        if self.died_at is None:
            found.passed_by.append(self.point)
            return
        for event in taken_up_after(self.died_at)[:1]:
            assert timestamp(event) - self.rescued_from < RESUME_LIMIT_S, f"{self.point}: {event}"
            found.stood_still_s.append(timestamp(event) - self.died_at)


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


def _has_ended(worker: FailingWorker) -> bool:
    """Whether it has come to the end of its sync without reaching its point."""
    if worker.points.count("checkpoint") < 2:
        return False
    return time.time() - worker.reached_last_at > IDLE_S


def _rows(count: int, after: int = 0) -> Iterator[str]:
    """Rows of the demo's sheet as CSV that Spotify has albums for."""
    listed = [row for row in load().rows if row.note == "" and row.year.startswith("19")]
    for row in listed[after : after + count]:
        line = io.StringIO()
        cells: list[Any] = row.cells()[:6]
        csv.writer(line, lineterminator="").writerow(cells)
        yield line.getvalue()
