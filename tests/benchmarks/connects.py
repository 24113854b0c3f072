"""From the handshake of a web socket to its first frame, in logs of different lengths."""

import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connections
from websockets.sync.client import connect

from syncengine import log
from syncengine.visitors import GATHER_S
from tests.accounts import account
from tests.benchmarks.database import fresh_database
from tests.benchmarks.houses import SERVERS
from tests.benchmarks.long_log import LongLog, Told
from tests.benchmarks.table import FEWEST_RUNS, Goal, Row, Section, Series
from tests.browser.people import session_of
from tests.process import WebProcess

NEWEST = 100  # events of the newest sync
LENGTHS = (NEWEST, 10_000, 1_000_000)  # events
BEHIND = 10  # events that a browser lacks that comes back
CONNECTS = 100  # a run
WARM_UP = 10  # connects
PAUSE_S = GATHER_S / 2  # who comes to a house right after another waits for who else comes
ALBUMS = NEWEST - 6  # all other events of a sync are of albums

HOW = f"""\
A web process for each length of the log, under Daphne, all at the same time, each with a SQLite
file. One socket after the other connects, to each process in turn; a run is the median of
{CONNECTS}. They come so far apart that none waits for another, as those do who come within
{GATHER_S * 1000:.0f} ms and are read for together. From the handshake to the first frame, at a
client on the same machine: a new browser gets a snapshot, and one that comes back {BEHIND} events
behind gets those events. The newest sync is the same in every log, and so is what is sent.
"""
FIRST_FRAMES = {"a new browser": "snapshot", "one that comes back": "events"}


@dataclass(frozen=True)
class House:
    """A web process, an auditor's cookie, and the cursor of a browser that comes back."""

    web: WebProcess
    cookie: str
    cursor: str

    def connected_ms(self, first: str) -> float:
        """Connect, for a first frame of this type."""
        query = self.cursor if first == "events" else ""
        began = time.perf_counter()
        with connect(
            f"ws://127.0.0.1:{self.web.port}/ws/sync/{query}",
            origin=self.web.origin,
            additional_headers={"Cookie": self.cookie},
            proxy=None,
        ) as socket:
            assert json.loads(socket.recv())["type"] == first
            return (time.perf_counter() - began) * 1000


def measure() -> Section:
    with ExitStack() as stack:
        houses = [stack.enter_context(_opened(length)) for length in LENGTHS]
        rows = [row for browser in FIRST_FRAMES for row in _rows(houses, browser)]
    return Section(HOW, rows, ("channels", "daphne"))


def _rows(houses: Sequence[House], browser: str) -> Iterator[Row]:
    _medians_ms(houses, browser, WARM_UP)
    runs = [_medians_ms(houses, browser, CONNECTS) for _ in range(FEWEST_RUNS)]
    shortest, *longer = (Series(values, "ms") for values in zip(*runs, strict=True))
    for length, series in zip(LENGTHS[1:], longer, strict=True):
        work = f"{browser} connects at {length:,} events"
        yield Row(work, series, f"at {NEWEST}", shortest, Goal("within 1.1", at_most=1.1))


def _medians_ms(houses: Sequence[House], browser: str, connects: int) -> list[float]:
    """For each of them, in turn, so that whatever else the machine does hits all."""
    times: list[list[float]] = [[] for _ in houses]
    for _ in range(connects):
        for house, taken in zip(houses, times, strict=True):
            time.sleep(PAUSE_S)
            taken.append(house.connected_ms(FIRST_FRAMES[browser]))
    return [statistics.median(taken) for taken in times]


@contextmanager
def _opened(length: int) -> Iterator[House]:
    """Serve a new log of this length until the block ends."""
    with fresh_database() as url, tempfile.TemporaryDirectory() as folder:
        long = LongLog()
        long.grow(length - NEWEST)
        long.append(_newest_sync())
        position = log.head().position - BEHIND
        cursor = f"?after={position}&hash={log.hash_at(position)}"
        account("auditor", password=None)
        cookie = f"sessionid={session_of('auditor')}"
        connections.close_all()
        environment = {"DATABASE_URL": url, "REDIS_URL": ""}
        web = WebProcess(
            Path(folder) / "web.log", environment, *SERVERS["Daphne"], "asgi:application"
        )
        web.start()
        try:
            yield House(web, cookie, cursor)
        finally:
            web.stop()


def _newest_sync() -> Iterator[Told]:
    """A sync in which every album fails, so that nothing depends on the catalog before it."""
    scope = {"mode": "full", "keys": [], "confirm": None}
    yield "requested", {"by": "ann", "trigger": "button", "scope": scope}
    yield "started", {"worker": "w", "attempt": 1}
    yield "stage-started", {"stage": "sheet", "total": None, "sheet": None}
    for stage in ("spotify", "albums"):
        yield "stage-started", {"stage": stage, "total": ALBUMS, "sheet": "0" * 64}
    told = {"code": "album-no-match", "message": "No album was found.", "remedy": "Check the row."}
    for n in range(1, ALBUMS + 1):
        place = {"album": None, "key": f"name:{n}", "row": n + 1, "n": n, "total": ALBUMS}
        names = {"artist": "Nina Simone", "title": f"Album {n}"}
        yield "album-failed", {**place, **names, **told, "candidates": []}
    counts = dict.fromkeys(("synced", "added", "updated", "unchanged", "removed"), 0)
    yield "completed", {"total": ALBUMS, "failed": ALBUMS, **counts}
