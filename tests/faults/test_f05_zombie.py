"""F5: a worker stands still for longer than its lease, and wakes up as somebody else goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from syncengine import operations
from tests import patience
from tests.browser import sheets
from tests.databases import Databases
from tests.demo import Demo
from tests.faults.side_by_side import (
    RESUME_LIMIT_S,
    settle,
    side_by_side,
    taken_up_after,
    timestamp,
    using,
)
from tests.faults.world import MOST_S, FailingWorker, World
from tests.process import WorkerProcess
from tests.syncing import current_operation, ends, events, eventually, outcomes, stored_operation

ALBUMS = 20
STALE = "left token 1 behind"
WITH_AN_ANSWER = "spotify-answer:9:stop"
IN_A_TRANSACTION = "before-commit:10:stop"


class Zombie:
    """One world: a worker that stands still at a point, and then another one."""

    def __init__(self, world: World, point: str) -> None:
        self.world = world
        self.worker: FailingWorker = world.failing_worker(point)

    def wait_until_it_stands_still(self) -> None:
        eventually(lambda: not self.worker.is_awake, MOST_S)
        assert self.worker.is_running

    def start_the_other(self) -> None:
        self.other: WorkerProcess = self.world.worker()

    def wait_for_the_other(self) -> None:
        [resumed] = eventually(lambda: taken_up_after(self.worker.reached_last_at), MOST_S)
        assert resumed.data["reason"] == "lease-expired"
        stood_still_s = timestamp(resumed) - self.other.ready_at
        print(f"F5: resumed after {stood_still_s:.1f} s")
        assert stood_still_s < RESUME_LIMIT_S

    def wake(self) -> None:
        """Let it go on; whatever it has in hand is refused."""
        appends = self.worker.points.count("before-append")
        owner = stored_operation().worker
        self.worker.wake()
        eventually(lambda: STALE in self.worker.output, MOST_S)
        assert self.worker.points.count("before-append") == appends
        assert stored_operation().worker == owner

    def check(self, times_taken_up: int = 2) -> None:
        settle(self.world)
        operation = current_operation()
        assert (operation["state"], operation["synced"]) == ("completed", ALBUMS)
        assert len(events("album-synced")) == len(outcomes()) == ALBUMS
        assert len(events("started", "resumed")) == times_taken_up

    def works_again(self) -> None:
        """Without the other one it takes the next sync, as any worker does."""
        self.other.stop()
        operations.start("ann", "button")
        settle(self.world)
        assert current_operation()["state"] == "completed"
        assert current_operation()["worker"] == self.worker.name


@pytest.fixture
def asked_for(databases: Databases, demo: Demo) -> Iterator[str]:
    demo.sheet(*sheets.rows(ALBUMS))
    demo.behave(latency_ms=300, speed=1)
    with databases.fresh() as url:
        operations.start("ann", "button")
        yield url


def test_f05_a_worker_that_wakes_up_can_write_nothing(
    databases: Databases, demo: Demo, tmp_path: Path, asked_for: str
) -> None:
    with side_by_side(databases, tmp_path, asked_for, [demo] * 3) as worlds:
        for world in worlds:
            world.environment |= patience.MUCH
        points = (WITH_AN_ANSWER, WITH_AN_ANSWER, IN_A_TRANSACTION)
        early, late, inside = zombies = [
            Zombie(world, point) for world, point in zip(worlds, points, strict=True)
        ]
        for zombie in zombies:
            zombie.wait_until_it_stands_still()
        demo.behave(hang="spotify")  # nobody comes to an end meanwhile
        for zombie in zombies:
            zombie.start_the_other()
        for zombie in (early, late):
            with using(databases, zombie.world):
                zombie.wait_for_the_other()
        with using(databases, inside.world):
            if connection.vendor == "postgresql":
                inside.wait_for_the_other()  # the server has ended the transaction
                inside.wake()
            else:
                # It holds SQLite's one lock, so nobody can take over, and what it has in hand is
                # written by the owner.
                inside.worker.wake()
        with using(databases, early.world):
            early.wake()
            assert ends() == []
        demo.behave(hang="off", latency_ms=0)
        with using(databases, late.world):
            late.check()
            late.wake()
        for zombie in zombies:
            with using(databases, zombie.world):
                owned_all_along = zombie is inside and connection.vendor == "sqlite"
                zombie.check(times_taken_up=1 if owned_all_along else 2)
                zombie.works_again()
