"""What a socket takes of the web process's memory while nothing happens."""

from collections.abc import Iterator

from tests.benchmarks import audience
from tests.benchmarks.houses import SOCKETS, opened
from tests.benchmarks.table import FEWEST_RUNS, SHOWN, Goal, Row, Section, Series

SERVERS = ("Daphne", "uvicorn")
HOW = f"""\
The same servers and sockets, each run in a process of its own: what its resident memory grows by
from the 50th socket to the {SOCKETS:,}th, for each of them. “A consumer that does nothing”
accepts, and has no layer, no session and no hub: what the server and Channels take by themselves.
"""
REASONS = {
    "Daphne": """\
Of what a plain consumer takes, nearly all is the server's own, as the row below shows: the protocol
objects of Daphne, Twisted and autobahn and the queues and tasks of asyncio. Groovelog's own objects
are some 2 KiB. A snapshot of the allocations (tracemalloc) has Daphne's protocol at 5.6 KiB,
autobahn's at 3.6, Twisted's HTTP channel at 4.2 and asyncio's queues, locks and tasks at 6.2 for
each socket.
""",
    "uvicorn": """\
Here, too, nearly all is the server's own, as the row below shows: a consumer that does nothing
takes more than half of what a plain one does.
""",
}


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
    yield Row(
        what, series, "a plain Channels consumer", Series(plain, "KiB"), goal, REASONS[server]
    )
    yield Row(what, series, "a consumer that does nothing", Series(bare, "KiB"), SHOWN)
