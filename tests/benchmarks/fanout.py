"""From one commit to the sockets of one web process, against a plain consumer for each of them."""

import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from django.db import connections

from syncengine import log
from tests.benchmarks import audience
from tests.benchmarks.apps.appending import append_one
from tests.benchmarks.audience import Heard
from tests.benchmarks.database import databases
from tests.benchmarks.houses import SOCKETS, Open, opened
from tests.benchmarks.report import percentile, told
from tests.benchmarks.table import FEWEST_RUNS, SHOWN, Goal, Row, Section, Series, bounded
from tests.faults.counting import counting

APPS = ("product", "plain")
SERVERS = ("Daphne", "uvicorn")
BURST = 120  # events; more than the 100 messages that a channel of the layer holds
LONG_BURST, FEW_SOCKETS = 300, 100
PACED, PAUSE_S = 20, 0.5
MISSED = 10  # events, by everybody, while they are away
NOTICED_S = 1.5  # a hub looks at the log each second
P99_BOUND_MS = 100
QUERIES_BOUND = 3  # in any second
REFERENCE = "plain Channels consumers"
HOW = f"""\
One web process with {SOCKETS:,} sockets, each of another person, the in-process channel layer and
a SQLite file; on the same machine a second process holds the other ends. Events of half a kilobyte
are appended in the web process, one transaction each, as the worker of `manage.py serve` does it.
The reference is what the tutorial of Channels makes of it: an `AsyncWebsocketConsumer` for each
socket behind `AuthMiddlewareStack`, a `group_send` of the event after its commit, and for whatever
a socket has missed a query of its own. Both append alike. An event has arrived when the other
process has it; delays are from the end of its commit.
"""
QUERIES_REASON = """\
Whoever comes first is asked for at once, in two queries, one about the session and one about the
account; whoever comes meanwhile is asked for together, in two more. A session holds its account in
a form that only Django can read, so one query cannot tell both.
"""

Found = TypeVar("Found")
Runs = dict[str, list[Found]]  # by app


@dataclass(frozen=True)
class Back:
    """How long it took until everybody was back, and the lines that `counting` wrote meanwhile."""

    took_s: float
    queries: list[str] = field(repr=False)

    def most_queries_in_a_s(self, thread: str = "") -> int:
        """In the worst second, by threads whose name begins so."""
        times = sorted(float(q.split()[-1]) for q in self.queries if q.startswith(thread))
        return max((bisect_left(times, at + 1) - n for n, at in enumerate(times)), default=0)


@dataclass(frozen=True)
class Both:
    """The product and the reference, each served by a process that notes its queries in a file."""

    houses: dict[str, Open]
    queries: dict[str, Path]

    def listened(self, events: int, sockets: int, pause_s: float) -> Runs[Heard]:
        return self._each(
            lambda app: audience.listened(self.houses[app].house(sockets), events, pause_s)
        )

    def came_back(self) -> Runs[Back]:
        return self._each(self._came_back)

    def _each(self, measure: Callable[[str], Found]) -> Runs[Found]:
        """In turn, so that whatever else the machine does hits both."""
        runs: Runs[Found] = {app: [] for app in self.houses}
        for _ in range(FEWEST_RUNS):
            for app in self.houses:
                runs[app].append(measure(app))
                told(f"{app}: {runs[app][-1]}")
        return runs

    def _came_back(self, app: str) -> Back:
        databases().use(self.houses[app].database)
        known = log.head()
        for _ in range(MISSED):
            event, _ = append_one()
        connections.close_all()
        time.sleep(NOTICED_S)
        before = len(self._asked(app))
        after = f"?after={known.position}&hash={known.hash}"
        took_s = audience.reconnected_s(self.houses[app].house(), after, event.position)
        return Back(took_s, self._asked(app)[before:])

    def _asked(self, app: str) -> list[str]:
        return self.queries[app].read_text().splitlines()


def measure() -> Section:
    rows: list[Row] = []
    for server in SERVERS:
        with _both(server) as both:
            rows += _under(server, both)
    return Section(HOW, rows, ("channels", "daphne", "uvicorn", "aiohttp"))


@contextmanager
def _both(server: str) -> Iterator[Both]:
    folder = Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))
    queries = {app: folder / app for app in APPS}
    with ExitStack() as stack:
        houses = {
            app: stack.enter_context(opened(app, server, counting(queries[app]))) for app in APPS
        }
        yield Both(houses, queries)


def _under(server: str, both: Both) -> Iterator[Row]:
    at_once = both.listened(BURST, SOCKETS, pause_s=0)
    what = f"{BURST} events at once to {SOCKETS:,} sockets, {server}"
    goal = Goal("10 times", at_least=10)
    yield _row(f"{what}: delivered", "/s", at_once, lambda one: one.delivered / one.took_s, goal)
    yield from _arrived(what, at_once)
    if server == SERVERS[0]:
        long_burst = both.listened(LONG_BURST, FEW_SOCKETS, pause_s=0)
        yield from _arrived(f"{LONG_BURST} events at once to {FEW_SOCKETS} sockets", long_burst)

    paced = both.listened(PACED, SOCKETS, PAUSE_S)
    what = f"2 events a second to {SOCKETS:,} sockets, {server}: p99 from commit to socket"
    yield _row(what, "ms", paced, _p99_ms, Goal("a third", at_most=1 / 3))
    p99_ms = [_p99_ms(one) for one in paced["product"]]
    yield bounded(what, p99_ms, "ms", P99_BOUND_MS, Goal("under 100 ms", at_most=1))

    back = both.came_back()
    what = f"{SOCKETS:,} sockets come back at once, {MISSED} events behind, {server}"
    goal = Goal("5 times faster", at_most=1 / 5)
    yield _row(f"{what}: all current", "s", back, lambda one: one.took_s, goal)
    goal = Goal("at most 3", at_most=1)
    about_log = [one.most_queries_in_a_s("hub") for one in back["product"]]
    asked = f"{what}: queries about the log in the worst second"
    yield bounded(asked, about_log, "", QUERIES_BOUND, goal)
    everything = [one.most_queries_in_a_s() for one in back["product"]]
    asked = f"{what}: all queries in the worst second"
    yield bounded(asked, everything, "", QUERIES_BOUND, goal, reason=QUERIES_REASON)
    yield _row(asked, "", back, lambda one: one.most_queries_in_a_s(), SHOWN)


def _row(
    work: str, unit: str, runs: Runs[Found], figure: Callable[[Found], float], goal: Goal
) -> Row:
    ours, theirs = (Series([figure(one) for one in runs[app]], unit) for app in APPS)
    return Row(work, ours, REFERENCE, theirs, goal)


def _arrived(what: str, runs: Runs[Heard]) -> Iterator[Row]:
    work = f"{what}: arrived"
    ours = [100 * one.arrived_share for one in runs["product"]]
    yield bounded(work, ours, "%", 100, Goal("all, in every run", at_least=1, of=min))
    yield _row(work, "%", runs, lambda one: 100 * one.arrived_share, SHOWN)


def _p99_ms(heard: Heard) -> float:
    return 1000 * percentile(heard.delays_s, 0.99)
