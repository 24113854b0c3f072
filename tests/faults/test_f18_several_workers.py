"""F18: four workers, of which one at a time has the sync; owners are killed and told to stop."""

import time
from collections import Counter

from syncengine import operations
from tests.browser import sheets
from tests.faults import invariants
from tests.faults.side_by_side import RESUME_LIMIT_S, timestamp
from tests.faults.world import MOST_S, World
from tests.process import WorkerProcess
from tests.syncing import current_operation, ends, events, eventually, outcomes

WORKERS = 4
ALBUMS = 40
SLOWLY_MS = 1500  # an answer of Spotify's: five waves of albums
MAX_HANDOVER_S = 5.0


def test_f18_a_sync_has_one_owner_at_a_time_and_outlives_each_of_them(world: World) -> None:
    world.demo.sheet(*sheets.rows(ALBUMS))
    world.demo.behave(latency_ms=50, speed=1)
    workers = [world.worker() for _ in range(WORKERS)]
    for run in range(2):
        operations.start("ann", "button", "refresh")
        invariants.at_rest(MOST_S)
        assert len(events("started", "resumed")) == 1, f"sync {run}"
        each_album_once()

    world.demo.behave(latency_ms=SLOWLY_MS)
    operations.start("ann", "button", "refresh")
    eventually(outcomes, MOST_S)
    first = owner(workers)
    killed_at = time.time()
    first.kill()
    eventually(lambda: events("resumed"), MOST_S)

    second = owner(workers)
    assert second is not first
    stopped_at = time.time()
    second.stop()
    eventually(lambda: len(events("resumed")) == 2, MOST_S)
    assert ends() == []

    third = owner(workers)
    assert third not in (first, second)
    invariants.at_rest(MOST_S)
    expired, handed_over = events("resumed")
    assert (expired.data["worker"], expired.data["reason"]) == (second.name, "lease-expired")
    assert (handed_over.data["worker"], handed_over.data["reason"]) == (third.name, "handed-over")
    print(
        f"F18: taken over {timestamp(expired) - killed_at:.1f} s after the kill,"
        f" handed over {timestamp(handed_over) - stopped_at:.2f} s after the order to stop"
    )
    assert timestamp(expired) - killed_at < RESUME_LIMIT_S
    assert timestamp(handed_over) - stopped_at < MAX_HANDOVER_S
    each_album_once()


def each_album_once() -> None:
    operation = current_operation()
    assert (operation["state"], operation["synced"], operation["failed"]) == (
        "completed",
        ALBUMS,
        0,
    )
    times = Counter(event.data["album"] for event in events("album-synced"))
    assert len(times) == ALBUMS and set(times.values()) == {1}


def owner(workers: list[WorkerProcess]) -> WorkerProcess:
    name = current_operation()["worker"]
    [found] = [worker for worker in workers if worker.name == name]
    return found
