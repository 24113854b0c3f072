"""How much memory a worker needs at most for a sync of few albums and of many."""

import tempfile
from pathlib import Path

from syncengine import operations
from tests.benchmarks.database import fresh_database
from tests.benchmarks.foreground import UNLIMITED
from tests.benchmarks.table import Goal, Row, Section, Series
from tests.demo import Demo, start_demo
from tests.process import WorkerProcess
from tests.syncing import current_operation, eventually

FEW, MANY = 50, 10_000  # albums
RUNS = 5
LIMIT_S = 600.0  # for a sync of many

HOW = f"""\
The largest resident memory (`VmHWM` of the kernel) of `manage.py runworker sync`, a fresh process
for each sync, after it has synced the whole sheet into an empty catalog on SQLite, a search and an
album for each row; the demo server answers at once. The reference is the same with {FEW} albums."""


def measure() -> Section:
    few, many = [], []
    with (
        start_demo("--speed", "0", "--albums", str(FEW)) as small,
        start_demo("--speed", "0", "--albums", str(MANY)) as large,
    ):
        for _ in range(RUNS):
            few.append(_peak_mib(small))
            many.append(_peak_mib(large))
    row = Row(
        f"a sync of {MANY:,} albums",
        Series(many, "MiB"),
        f"of {FEW} albums",
        Series(few, "MiB"),
        Goal("at most 1.2", at_most=1.2),
    )
    return Section(HOW, [row], ["aiohttp"])


def _peak_mib(demo: Demo) -> float:
    with fresh_database() as url, tempfile.TemporaryDirectory() as folder:
        operations.start("benchmark", "command")
        environment = demo.environment() | {
            "DATABASE_URL": url,
            "CHECKPOINT_FILE": f"{folder}/checkpoints.jsonl",
            "SPOTIFY_CALLS_PER_30S": str(UNLIMITED),
        }
        worker = WorkerProcess(Path(folder) / "worker.log", environment)
        worker.start()
        try:
            eventually(lambda: current_operation()["finished_at"] is not None, LIMIT_S)
            operation = current_operation()
            assert operation["state"] == "completed" and not operation["failed"], operation
            return worker.peak_rss_bytes / 2**20
        finally:
            worker.stop()
