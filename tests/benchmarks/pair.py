"""The product and the reference side by side, and what is done to both in turn."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.benchmarks.houses import SERVERS, Open, opened
from tests.benchmarks.report import told
from tests.benchmarks.table import FEWEST_RUNS, Goal, Row, Section, Series
from tests.faults.counting import counting

APPS = ("product", "plain")
REFERENCE = "plain Channels consumers"

Found = TypeVar("Found")
Runs = dict[str, list[Found]]  # by app


@dataclass(frozen=True)
class Pair:
    """The product and the reference, each served by a process that notes its queries in a file."""

    houses: dict[str, Open]
    _queries: dict[str, Path]

    def each(self, measure: Callable[[str], Found]) -> Runs[Found]:
        """In turn, so that whatever else the machine does hits both."""
        runs: Runs[Found] = {app: [] for app in self.houses}
        for _ in range(FEWEST_RUNS):
            for app in self.houses:
                runs[app].append(measure(app))
                told(f"{app}: {runs[app][-1]}")
        return runs

    def queries(self, app: str) -> list[str]:
        """The lines that `counting` has written."""
        return self._queries[app].read_text().splitlines()


def under_each_server(how: str, measure: Callable[[str, Pair], Iterator[Row]]) -> Section:
    """A section with the rows that `measure` has of the pair under each server."""
    rows: list[Row] = []
    for server in SERVERS:
        with _pair(server) as both:
            rows += measure(server, both)
    return Section(how, rows, ("channels", "daphne", "uvicorn", "aiohttp"))


@contextmanager
def _pair(server: str) -> Iterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))
    queries = {app: folder / app for app in APPS}
    with ExitStack() as stack:
        houses = {
            app: stack.enter_context(opened(app, server, counting(queries[app]))) for app in APPS
        }
        yield Pair(houses, queries)


def compared(
    work: str, unit: str, runs: Runs[Found], figure: Callable[[Found], float], goal: Goal
) -> Row:
    ours, theirs = (Series([figure(one) for one in runs[app]], unit) for app in APPS)
    return Row(work, ours, REFERENCE, theirs, goal)
