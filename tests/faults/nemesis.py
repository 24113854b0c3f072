"""Random faults from a seed, one upon another, against everything that runs in a world."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Self

from project.demo.behaviour import SHEETS, State
from tests.browser import sheets
from tests.demo import Demo
from tests.faults.postgresql import PostgreSQL
from tests.faults.redis import Redis
from tests.faults.world import MOST_S
from tests.process import Process

AT_ONCE = 4  # faults; so that now and then everything is well
SHORT_S, LONG_S = (0.3, 4.0), (11.0, 16.0)  # within a lease, and beyond it
PAUSE_S = (0.3, 3.0)  # between two beginnings
REVIVE_S = 1.0  # a supervisor's pause before it starts again what has died
LOCK_S = (0.5, 6.0)
ROWS = 60  # that sheets are made of
CALM = {"speed": 1, "latency_ms": 1000}  # of the upstream, so that a sync takes some seconds
# What costs the machine minutes of work is left out.
BAD_SHEETS = sorted(set(SHEETS) - {"normal", "gzip-bomb", "endless"})


@dataclass(frozen=True)
class Fault:
    """What is done to one target, and undone. One target suffers one fault at a time."""

    target: str
    name: str
    begin: Callable[[], object]
    end: Callable[[], object]
    lasts_s: tuple[float, float]


class Nemesis:
    """Draws from `faults` until its time is over; `seed` decides which, and when."""

    def __init__(self, seed: int, faults: Iterable[Fault]) -> None:
        self._chance = random.Random(seed)
        self._faults: dict[str, list[Fault]] = {}
        for fault in faults:
            self._faults.setdefault(fault.target, []).append(fault)
        self._under_way: dict[str, Future[None]] = {}  # by target
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._began = time.monotonic()
        self.count = 0

    @property
    def suffering(self) -> set[str]:
        """The targets that are not well at the moment."""
        for target, future in list(self._under_way.items()):
            if future.done():
                del self._under_way[target]
                future.result()
        return set(self._under_way)

    def strike(self, duration_s: float, watch: Callable[[set[str]], object]) -> None:
        """Begin one fault after another; `watch` looks each time at what should be well."""
        while time.monotonic() - self._began < duration_s:
            suffering = self.suffering
            watch(suffering)
            free = [target for target in self._faults if target not in suffering]
            if free and len(suffering) < AT_ONCE:
                self._begin_one(self._chance.choice(self._faults[self._chance.choice(free)]))
            time.sleep(self._chance.uniform(*PAUSE_S))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Wait until every fault is over: none outlives its test."""
        self._pool.shutdown()
        if error[0] is None:
            assert self.suffering == set()

    def _begin_one(self, fault: Fault) -> None:
        lasts_s = self._chance.uniform(*fault.lasts_s)
        self.count += 1
        at_s = time.monotonic() - self._began
        print(f"{at_s:7.1f} s  {fault.target}: {fault.name} ({lasts_s:.1f} s)", flush=True)
        self._under_way[fault.target] = self._pool.submit(_suffer, fault, lasts_s)


def of_process(name: str, process: Process) -> Iterator[Fault]:
    revive = partial(_revive, process)
    yield Fault(name, "kill", process.kill, revive, SHORT_S)
    yield Fault(name, "stop", process.stop, revive, SHORT_S)
    for lasts_s in (SHORT_S, LONG_S):
        yield Fault(name, "pause", process.pause, process.wake, lasts_s)


def of_redis(redis: Redis) -> Iterator[Fault]:
    yield Fault("Redis", "restart", redis.stop, redis.start, (0.0, 4.0))
    yield Fault("Redis", "pause", redis.pause, redis.wake, (0.3, 8.0))
    yield Fault("Redis", "flush", redis.flush, _nothing, (0.0, 0.1))


def of_postgresql(postgresql: PostgreSQL, database: str) -> Iterator[Fault]:
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    yield Fault("PostgreSQL", "restart", postgresql.restart, _nothing, (0.0, 0.1))
    yield Fault("PostgreSQL", "stop", postgresql.stop, postgresql.start, (0.5, 5.0))
    yield Fault("PostgreSQL", "cut", partial(postgresql.execute, cut), _nothing, (0.0, 0.1))


def of_sqlite(path: str) -> Iterator[Fault]:
    """Another program holds the lock, as a backup does."""

    def lock() -> None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=MOST_S)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(random.uniform(*LOCK_S))
            other.execute("ROLLBACK")

    yield Fault("SQLite", "lock", lock, _nothing, (0.0, 0.1))


def of_upstream(demo: Demo) -> Iterator[Fault]:
    """What the sources do to us; afterwards they are calm again."""
    weathers: list[dict[str, object]] = [
        {"hang": "spotify"},
        {"hang": "google"},
        {"network_lost": "both"},
        {"broken_percent": 40},
        {"broken_percent": 100},
        {"limited_percent": 10},
        {"rate_limit_calls": 3, "rate_limit_seconds": 2},
        {"quota_exceeded": True, "quota_seconds": 4},
        {"credentials_refused": True},
        {"drip": "both", "drip_ms": 5},
        {"latency_ms": 0},
        {"expire_tokens": True},
    ]
    weathers += [{"sheet": name} for name in BAD_SHEETS]
    calm = vars(State()) | CALM
    for weather in weathers:
        name = ", ".join(f"{switch} {position}" for switch, position in weather.items())
        after = {switch: calm[switch] for switch in weather if switch in calm}
        begin, end = partial(demo.behave, **weather), partial(demo.behave, **after)
        yield Fault("upstream", name, begin, end, (0.5, 8.0))


def of_sheet(demo: Demo, seed: int) -> Iterator[Fault]:
    """People edit it: rows come, go and change."""
    chance = random.Random(seed)

    def edit() -> None:
        first, count = chance.randrange(0, 6), chance.randrange(36, ROWS - 6)
        demo.sheet(*sheets.rows(count, first=first, label=f"Label {chance.randrange(3)}"))

    yield Fault("sheet", "edit", edit, _nothing, (0.0, 3.0))


def _suffer(fault: Fault, lasts_s: float) -> None:
    fault.begin()
    time.sleep(lasts_s)
    fault.end()


def _revive(process: Process) -> None:
    """Start it again and again, as a supervisor does: it ends where its database is away."""
    until = time.monotonic() + MOST_S
    while True:
        try:
            return process.start()
        except AssertionError:
            if process.is_running or time.monotonic() > until:
                raise
        time.sleep(REVIVE_S)


def _nothing() -> None:
    """What needs no end."""
