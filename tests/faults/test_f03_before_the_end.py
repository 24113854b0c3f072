"""F3: a worker is killed when every album is done and the end is not written yet."""

from pathlib import Path

from syncengine import operations
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
from tests.faults.world import MOST_S
from tests.sheets import DARK_SIDE, LINKED, UNKNOWN
from tests.syncing import current_operation, ends, events, eventually, in_catalog, sync_now

# The events of this sync: started, three stages, an album for each row of the sheet, one that is
# removed, the end. A transaction each, but for the third stage, which is in the first album's.
SHEET = [*LINKED[1:], DARK_SIDE.replace("1973", "1974"), UNKNOWN]
ROWS = len(SHEET)
POINTS = (
    f"before-append:{4 + ROWS + 1}:kill",  # the removal
    f"before-append:{4 + ROWS + 2}:kill",  # the end
    f"before-commit:{3 + ROWS + 2}:kill",  # the end, all but committed
)


def test_f03_the_rescuer_ends_the_sync_with_the_right_totals(
    databases: Databases, demo: Demo, tmp_path: Path
) -> None:
    with databases.fresh() as like:
        demo.sheet(*LINKED)
        sync_now()
        demo.sheet(*SHEET)
        operations.start("ann", "button", "refresh")
        demo.reset_calls()
        with side_by_side(databases, tmp_path, like, [demo] * len(POINTS)) as worlds:
            victims = [
                world.failing_worker(point) for world, point in zip(worlds, POINTS, strict=True)
            ]
            for world, victim in zip(worlds, victims, strict=True):
                eventually(lambda worker=victim: not worker.is_running, MOST_S)
                with using(databases, world):
                    assert ends() == []
                    assert current_operation()["synced"] + current_operation()["failed"] == ROWS
            calls = demo.calls()["by_endpoint"]
            rescuers = [world.worker() for world in worlds]
            for world, victim, rescuer in zip(worlds, victims, rescuers, strict=True):
                with using(databases, world):
                    settle(world)
                    is_right()
                    [resumed] = taken_up_after(victim.reached_last_at)
                    print(f"F3: ended {timestamp(resumed) - rescuer.ready_at:.1f} s later")
                    assert timestamp(resumed) - rescuer.ready_at < RESUME_LIMIT_S
            assert demo.calls()["by_endpoint"] == calls  # there was nothing left to ask


def is_right() -> None:
    operation = current_operation()
    names = ("state", "total", "synced", "failed", "added", "updated", "unchanged", "removed")
    assert {name: operation[name] for name in names} == {
        "state": "completed",
        "total": ROWS,
        "synced": ROWS - 1,
        "failed": 1,
        "added": 1,
        "updated": 0,
        "unchanged": ROWS - 2,
        "removed": 1,
    }
    assert [event.data["title"] for event in events("album-removed")] == ["Blue"]
    assert len(events("album-synced")) == ROWS - 1
    assert "Blue" not in in_catalog()
