"""How fast a sync is, against the bound that calls, latency and overlap set, and against spotipy;
and what the same sheet costs again."""

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from albums.sources.limiter import MAX_CALLS_IN_FLIGHT
from tests.benchmarks import spotipy_script
from tests.benchmarks.database import fresh_database
from tests.benchmarks.foreground import sync_s
from tests.benchmarks.table import Goal, Row, Section, Series, bounded
from tests.demo import Demo, start_demo

SIZES = (50, 500, 3_475)  # albums; the last one is as long as a real collection
RUNS = 5
LATENCY_MS = 120
STRETCH = 500  # rows of the longest sheet that spotipy looks up
AGAIN_S = 2.0

HOW = f"""\
The demo server answers each call to Spotify after {LATENCY_MS} ms, and the sheet at once. It sets
no window of calls, so Groovelog's limit of calls is off; the next section has both. Ours is
a whole sync into an empty catalog, from the request to the end: sheet, token, a search and an album
for each row, matching, log and catalog on SQLite. The bound is what the calls to Spotify alone take
where {MAX_CALLS_IN_FLIGHT} are always under way: calls × {LATENCY_MS} ms / {MAX_CALLS_IN_FLIGHT}.
spotipy searches for each row and fetches its album, one after another, in a script of its own that
stores nothing; its {RUNS} runs wait side by side, when ours have ended. Of {SIZES[-1]:,} rows it
looks up the first {STRETCH}, and the time is scaled by the number of rows. "Again" is the next sync
of the same sheet, when every album is fresh."""


def measure() -> Section:
    rows: list[Row] = []
    for albums in SIZES:
        arguments = ("--speed", "0", "--latency-ms", str(LATENCY_MS), "--albums", str(albums))
        with start_demo(*arguments) as demo:
            ours = _runs(demo)
            theirs = _spotipy_s(demo, albums)
        rows += _first(albums, ours, theirs)
    return Section(HOW, [*rows, *_again(SIZES[-1], ours)], ["aiohttp", "spotipy"])


@dataclass
class _Runs:
    """What every run took in seconds, and its calls by service; the same sheet again after it."""

    took_s: list[float] = field(default_factory=list)
    calls: list[Counter[str]] = field(default_factory=list)
    again_s: list[float] = field(default_factory=list)
    again_calls: list[Counter[str]] = field(default_factory=list)


def _runs(demo: Demo) -> _Runs:
    runs = _Runs()
    for _ in range(RUNS):
        with fresh_database():
            demo.reset_calls()
            runs.took_s.append(sync_s(demo))
            runs.calls.append(_calls(demo))
            demo.reset_calls()
            runs.again_s.append(sync_s(demo))
            runs.again_calls.append(_calls(demo))
    return runs


def _calls(demo: Demo) -> Counter[str]:
    """How often which service was called. A sheet is one call, though Google answers it from a
    second address."""
    calls: Counter[str] = Counter()
    for endpoint, answers in demo.calls()["by_endpoint"].items():
        if endpoint.endswith("/export"):
            calls["sheet"] += sum(answers.values())
        elif "/v1/" in endpoint or endpoint.endswith("/api/token"):
            calls["spotify"] += sum(answers.values())
    return calls


def _spotipy_s(demo: Demo, albums: int) -> list[float]:
    count = min(albums, STRETCH) if albums == SIZES[-1] else albums
    command = [sys.executable, spotipy_script.__file__, demo.origin, str(count)]

    def script() -> float:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return float(done.stdout) * albums / count

    with ThreadPoolExecutor(RUNS) as pool:
        running = [pool.submit(script) for _ in range(RUNS)]
        return [one.result() for one in running]


def _first(albums: int, ours: _Runs, spotipy_s: list[float]) -> list[Row]:
    took = Series(ours.took_s, "s")
    bound = [calls["spotify"] * LATENCY_MS / 1000 / MAX_CALLS_IN_FLIGHT for calls in ours.calls]
    return [
        Row(
            f"{albums:,} albums, none known before",
            took,
            "bound",
            Series(bound, "s"),
            Goal("at most 1.2", at_most=1.2),
        ),
        Row(
            f"{albums:,} albums, none known before",
            took,
            "spotipy",
            Series(spotipy_s, "s"),
            Goal("at most 0.2, five times faster", at_most=0.2),
        ),
    ]


def _again(albums: int, ours: _Runs) -> list[Row]:
    def calls(service: str, needed: int) -> Row:
        return bounded(
            f"{albums:,} albums again, calls: {service}",
            [one[service] for one in ours.again_calls],
            "calls",
            needed,
            Goal("as many", at_least=1, at_most=1),
            reference="needed",
        )

    under = Goal("under 1", at_most=1)
    time = bounded(f"{albums:,} albums again", ours.again_s, "s", AGAIN_S, under)
    return [calls("sheet", 1), calls("spotify", 0), time]
