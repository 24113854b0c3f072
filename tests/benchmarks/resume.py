"""How long a sync stands still when its worker is killed and another one is there."""

import random
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from syncengine import operations
from tests.benchmarks.database import databases, fresh_database
from tests.benchmarks.report import Figure, show
from tests.browser import sheets
from tests.demo import Demo, start_demo
from tests.faults.side_by_side import settle, side_by_side, timestamp, using
from tests.faults.world import MOST_S, World
from tests.process import WorkerProcess
from tests.syncing import current_operation, events, eventually

TIMES = 20
AT_ONCE = 10  # worlds of two workers each; they wait most of the time
ALBUMS = 40
LATENCY_MS = 2000  # so that a sync takes longer than it takes to kill its worker


def measure() -> None:
    with start_demo("--speed", "0") as demo, fresh_database() as like:
        demo.sheet(*sheets.rows(ALBUMS))
        stood_still_s = [
            seconds for _ in range(TIMES // AT_ONCE) for seconds in _kill_and_wait(demo, like)
        ]
    median, worst = statistics.median(stood_still_s), max(stood_still_s)
    show(
        f"A worker is killed (kill -9) while it syncs {ALBUMS} albums, and another one is there",
        [
            Figure(
                f"until the `resumed` event, {len(stood_still_s)} times",
                f"median {median:.1f} s, worst {worst:.1f} s",
                f"the lease: {operations.LEASE_S:.0f} s without a beat, looked at each second",
                f"{median / operations.LEASE_S:.2f} and {worst / operations.LEASE_S:.2f} times",
                "within 20 s",
            )
        ],
    )


def _kill_and_wait(demo: Demo, like: str) -> list[float]:
    """Seconds for each of some worlds side by side."""
    folder = Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))
    demo.behave(latency_ms=LATENCY_MS, speed=1)
    with side_by_side(databases(), folder, like, [demo] * AT_ONCE) as worlds:
        with ThreadPoolExecutor() as pool:
            pairs = list(pool.map(_two_workers, worlds))
        killed_at = []
        for world, workers in zip(worlds, pairs, strict=True):
            with using(databases(), world):
                operations.start("benchmark", "command")
                eventually(lambda: current_operation()["stage"] == "spotify", MOST_S)
                owner = current_operation()["worker"]
            time.sleep(random.uniform(0, operations.BEAT_S))
            [victim] = [worker for worker in workers if worker.name == owner]
            victim.kill()
            killed_at.append(time.time())
        stood_still_s = []
        for world, moment in zip(worlds, killed_at, strict=True):
            with using(databases(), world):
                [resumed] = eventually(lambda: events("resumed"), MOST_S)
                stood_still_s.append(timestamp(resumed) - moment)
        demo.behave(latency_ms=0)
        for world in worlds:
            with using(databases(), world):
                settle(world)
    return stood_still_s


def _two_workers(world: World) -> list[WorkerProcess]:
    return [world.worker(), world.worker()]
