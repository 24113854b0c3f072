"""How close a sync comes to a rolling window of calls that it does not know, and how many of its
calls are refused. An hour of it passes in three minutes."""

import math
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from albums.sources.settings import SourceSettings
from syncengine.models import SyncOperation
from tests.benchmarks.database import databases, fresh_database
from tests.benchmarks.table import Goal, Row, Section, Series, bounded
from tests.demo import ROOT, Demo, start_demo

ALBUMS = 3_475
WINDOW_CALLS, WINDOW_S = 100, 30
LATENCY_MS = 120
FACTOR = 20  # by which time passes faster
# How many calls in 30 s the limiter begins with: the default, and far too many.
STARTS = (SourceSettings.calls_per_30s, 300)
RUNS = 5
MOST_REFUSED = 1.0  # percent
LIMIT_S = 600.0  # of one run

HOW = f"""\
{ALBUMS:,} albums, none known before, a search and an album each, with {LATENCY_MS} ms a call,
while the demo server accepts {WINDOW_CALLS} calls in any {WINDOW_S} s and answers all others with
429 and a `Retry-After` in whole seconds. The sync is not told of that: it begins with the default
of `SPOTIFY_CALLS_PER_30S`, or with three times what is accepted, and learns from refusals. Both
processes, `manage.py sync` and the demo server, live {FACTOR} times as fast: their monotonic clocks
and the waits of their event loops are scaled, all else is real, and processor time counts
{FACTOR} times. Seconds are told as the processes lived them, from the request to the end. The bound
is what the window sets: the first {WINDOW_CALLS} calls at once, then as many every {WINDOW_S} s.
The runs with either start go side by side."""


@dataclass(frozen=True)
class _Run:
    took_s: float
    accepted: int
    refused: int

    @property
    def bound_s(self) -> float:
        return (math.ceil(self.accepted / WINDOW_CALLS) - 1) * WINDOW_S

    @property
    def refused_percent(self) -> float:
        return 100 * self.refused / (self.accepted + self.refused)


def measure() -> Section:
    found: dict[int, list[_Run]] = {start: [] for start in STARTS}
    for _ in range(RUNS):
        for start, run in _side_by_side().items():
            found[start].append(run)
    return Section(HOW, [row for start, runs in found.items() for row in _rows(start, runs)])


def _rows(start: int, runs: list[_Run]) -> list[Row]:
    return [
        Row(
            f"from {start} calls in 30 s on",
            Series([run.took_s for run in runs], "s"),
            "bound of the window",
            Series([run.bound_s for run in runs], "s"),
            Goal("at most 1.2", at_most=1.2),
        ),
        bounded(
            f"from {start} calls in 30 s on: refused",
            [run.refused_percent for run in runs],
            "%",
            MOST_REFUSED,
            Goal("at most 1", at_most=1),
            reference="allowed",
        ),
    ]


def _side_by_side() -> dict[int, _Run]:
    """One run with each start, each with a demo server and a database of its own."""
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        demos = [stack.enter_context(_demo()) for _ in STARTS]
        urls = [stack.enter_context(fresh_database()) for _ in STARTS]
        list(pool.map(_sync, demos, urls, STARTS))
        return {
            start: _run(demo, url) for start, demo, url in zip(STARTS, demos, urls, strict=True)
        }


def _demo() -> AbstractContextManager[Demo]:
    return start_demo(
        "--speed", "0", "--latency-ms", str(LATENCY_MS), "--albums", str(ALBUMS),
        "--window", f"{WINDOW_CALLS}:{WINDOW_S}",
        program=("tests.benchmarks.hurried", str(FACTOR), "project.demo"),
    )  # fmt: skip


def _sync(demo: Demo, url: str, calls_per_30s: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = demo.environment() | {
            "DATABASE_URL": url,
            "SPOTIFY_CALLS_PER_30S": str(calls_per_30s),
            "CHECKPOINT_FILE": f"{folder}/checkpoints.jsonl",
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.hurried", str(FACTOR), "manage", "sync"],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
    assert done.returncode == 0, done.stdout + done.stderr


def _run(demo: Demo, url: str) -> _Run:
    databases().use(url)
    operation = SyncOperation.objects.get()
    assert operation.finished_at is not None
    answers = {
        endpoint: statuses
        for endpoint, statuses in demo.calls()["by_endpoint"].items()
        if "/v1/" in endpoint
    }
    return _Run(
        took_s=(operation.finished_at - operation.requested_at).total_seconds() * FACTOR,
        accepted=sum(statuses.get("200", 0) for statuses in answers.values()),
        refused=sum(statuses.get("429", 0) for statuses in answers.values()),
    )
