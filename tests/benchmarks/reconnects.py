"""Everybody comes back at once to one web process, against a plain consumer for each of them."""

import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connections

from syncengine import log
from tests.benchmarks import audience
from tests.benchmarks.apps.appending import append_one
from tests.benchmarks.database import databases
from tests.benchmarks.houses import PATIENCE_S, SOCKETS
from tests.benchmarks.pair import Pair, compared, under_each_server
from tests.benchmarks.table import SHOWN, Goal, Row, Section, bounded

MISSED = 10  # events, by everybody, while they are away
NOTICED_S = 3.0  # a hub looks at the log each second, on a busy machine later
QUERIES_BOUND = 3  # in any second
HOW = f"""\
The web processes, the people and the events of the section before. {SOCKETS:,} browsers come back
in the same moment, each with the position that it has, {MISSED} events behind. A plain consumer
reads what its socket has missed by a query of its own. Under Daphne it has {PATIENCE_S} s for a
handshake: within the 5 s that Daphne allows by itself, and Groovelog has, it does not get back.
"""


@dataclass(frozen=True)
class Back:
    """How long it took until everybody was back, and the lines that `counting` wrote meanwhile."""

    took_s: float
    queries: list[str] = field(repr=False)

    def most_queries_in_a_s(self, thread: str = "") -> int:
        """In the worst second, by threads whose name begins so."""
        times = sorted(float(q.split()[-1]) for q in self.queries if q.startswith(thread))
        return max((bisect_left(times, at + 1) - n for n, at in enumerate(times)), default=0)


def measure() -> Section:
    return under_each_server(HOW, _under)


def _under(server: str, both: Pair) -> Iterator[Row]:
    back = both.each(lambda app: _back(both, app))
    what = f"{SOCKETS:,} sockets come back at once, {server}"
    goal = Goal("5 times faster", at_most=1 / 5)
    yield compared(f"{what}: all current", "s", back, lambda one: one.took_s, goal)
    goal = Goal("at most 3, in every run", at_most=1, of=max)
    about_log = [one.most_queries_in_a_s("hub") for one in back["product"]]
    asked = f"{what}: queries by the hub's thread in the worst second"
    yield bounded(asked, about_log, "", QUERIES_BOUND, goal)
    everything = [one.most_queries_in_a_s() for one in back["product"]]
    asked = f"{what}: all queries in the worst second"
    yield bounded(asked, everything, "", QUERIES_BOUND, goal)
    yield compared(asked, "", back, lambda one: one.most_queries_in_a_s(), SHOWN)


def _back(both: Pair, app: str) -> Back:
    databases().use(both.houses[app].database)
    known = log.head()
    for _ in range(MISSED):
        event, _ = append_one()
    connections.close_all()
    time.sleep(NOTICED_S)
    before = len(both.queries(app))
    after = f"?after={known.position}&hash={known.hash}"
    took_s = audience.reconnected_s(both.houses[app].house(), after, event.position)
    return Back(took_s, both.queries(app)[before:])
