"""How fast a sync is, against the bound that calls, latency and overlap set, and against spotipy;
and what the same sheet costs again."""

import subprocess
import sys
from collections import Counter
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
STRETCH = 50  # rows of a sheet that spotipy looks up
AGAIN_S = 2.0

HOW = f"""\
The demo server answers each call to Spotify after {LATENCY_MS} ms, and the sheet at once. It sets
no window of calls, so Groovelog's limit of calls is off; the next section has both. Ours is
a whole sync into an empty catalog, from the request to the end: sheet, token, a search and an album
for each row, matching, log and catalog on SQLite. The bound is what the calls to Spotify alone take
where {MAX_CALLS_IN_FLIGHT} are always under way: calls × {LATENCY_MS} ms / {MAX_CALLS_IN_FLIGHT}.
spotipy searches for each row and fetches its album, one after another, in a script of its own that
stores nothing. It looks up the first {STRETCH} rows, and the time is scaled by the number of rows.
"Again" is the next sync of the same sheet, when every album is fresh."""


def measure() -> Section:
    rows: list[Row] = []
    for albums in SIZES:
        arguments = ("--speed", "0", "--latency-ms", str(LATENCY_MS), "--albums", str(albums))
        with start_demo(*arguments) as demo:
            runs = _runs(demo, albums)
        rows += _first(albums, runs)
    return Section(HOW, [*rows, *_again(SIZES[-1], runs)], ["aiohttp", "spotipy"])


@dataclass
class _Runs:
    """What every run took in seconds, and its calls by service; the same sheet again after it; and
    spotipy in turn with them."""

    spotipy_s: list[float] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    calls: list[Counter[str]] = field(default_factory=list)
    again_s: list[float] = field(default_factory=list)
    again_calls: list[Counter[str]] = field(default_factory=list)


def _runs(demo: Demo, albums: int) -> _Runs:
    runs = _Runs()
    for _ in range(RUNS):
        runs.spotipy_s.append(_spotipy_s(demo, albums))
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


def _spotipy_s(demo: Demo, albums: int) -> float:
    command = [sys.executable, spotipy_script.__file__, demo.origin, str(STRETCH)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout) * albums / STRETCH


def _first(albums: int, ours: _Runs) -> list[Row]:
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
            Series(ours.spotipy_s, "s"),
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
