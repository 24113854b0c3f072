"""How many syncs end without a failed album, when Spotify is as it is on a bad day.

Each is `manage.py sync`, a process of its own with an empty catalog of its own, as somebody's
nightly job; many of them run side by side, since most of their time is waiting.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from tests.benchmarks.database import fresh_database
from tests.benchmarks.report import Figure, show
from tests.demo import ROOT, Demo, start_demo

SYNCS = 100
AT_ONCE = 10
ALBUMS = 20  # each is searched for and then fetched
BROKEN_PERCENT = 2
LIMITED_PERCENT = 1
LIMITED_S = 2
SPEED = 0.5  # of a latency of 180 ms in the middle, with now and then one of seconds
LIMIT_S = 900
WANTED = 95


@dataclass(frozen=True)
class Ended:
    """How one sync ended."""

    code: int
    took_s: float
    output: str


def measure() -> None:
    with start_demo("--speed", str(SPEED), "--albums", str(ALBUMS)) as demo, ExitStack() as stack:
        urls = [stack.enter_context(fresh_database()) for _ in range(SYNCS)]
        demo.behave(
            broken_percent=BROKEN_PERCENT,
            limited_percent=LIMITED_PERCENT,
            limited_seconds=LIMITED_S,
        )
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ended = list(pool.map(lambda url: _sync(demo, url), urls))
        answers = demo.calls()["by_status"]
    whole = sum(one.code == 0 for one in ended)
    for one in ended:
        if one.code != 0:
            print(f"exit {one.code} after {one.took_s:.0f} s: {one.output.strip()[-500:]}")
    times = sorted(one.took_s for one in ended)
    total = sum(answers.values())
    broken = sum(count for status, count in answers.items() if status.startswith("5"))
    show(
        f"{SYNCS} syncs of {ALBUMS} albums, {AT_ONCE} at once, with {BROKEN_PERCENT} % server"
        f" errors, {LIMITED_PERCENT} % rate limits and jittered latency",
        [
            Figure(
                "syncs that completed without a failed album",
                f"{whole} of {SYNCS}",
                f"{total} calls: {broken} server errors, {answers.get('429', 0)} rate limits",
                f"{whole / SYNCS:.0%}",
                f"at least {WANTED} of {SYNCS}",
            ),
            Figure(
                "time of a sync",
                f"median {times[len(times) // 2]:.0f} s, longest {times[-1]:.0f} s",
                "the start of the process is part of it",
                "",
                "none",
            ),
        ],
    )


def _sync(demo: Demo, url: str) -> Ended:
    began = time.monotonic()
    environment = demo.environment() | {
        "DATABASE_URL": url,
        "REDIS_URL": "",
        "SPOTIFY_CALLS_PER_30S": "90",
        "CHECKPOINT_FILE": url.removeprefix("sqlite:///") + ".checkpoints",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "sync"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    return Ended(done.returncode, time.monotonic() - began, done.stdout + done.stderr)
