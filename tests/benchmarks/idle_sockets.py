"""What a socket takes of the web process's memory while nothing happens."""

from collections.abc import Iterator

from tests.benchmarks import audience
from tests.benchmarks.houses import SERVERS, SOCKETS, opened
from tests.benchmarks.table import FEWEST_RUNS, SHOWN, Goal, Row, Section, Series

HOW = f"""\
The same servers and sockets, each run in a process of its own: what its resident memory grows by
from the 50th socket to the {SOCKETS:,}th, for each of them. “A socket that does nothing”
is accepted, and has no consumer, no layer, no session and no hub: what the server takes by itself.
"""


def measure() -> Section:
    rows = [row for server in SERVERS for row in _under(server)]
    return Section(HOW, rows, ("channels", "daphne", "uvicorn"))


def _under(server: str) -> Iterator[Row]:
    ours, plain, bare = [], [], []
    for _ in range(FEWEST_RUNS):
        for app, found in (("product", ours), ("plain", plain), ("bare", bare)):
            with opened(app, server) as open_:
                found.append(audience.bytes_a_socket(open_.house(), open_.web.pid) / 1024)
    what, goal = f"an idle socket, {server}", Goal("half", at_most=1 / 2)
    series = Series(ours, "KiB")
    yield Row(what, series, "a plain Channels consumer", Series(plain, "KiB"), goal)
    yield Row(what, series, "a socket that does nothing", Series(bare, "KiB"), SHOWN)
