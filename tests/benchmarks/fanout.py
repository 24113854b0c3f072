"""From one commit to the sockets of one web process, against a plain consumer for each of them."""

from collections.abc import Iterator

from tests.benchmarks import audience
from tests.benchmarks.audience import Heard
from tests.benchmarks.houses import SOCKETS
from tests.benchmarks.pair import Pair, Runs, compared, under_each_server
from tests.benchmarks.table import SHOWN, Goal, Row, Section, bounded

BURST = 120  # events; more than the 100 messages that a channel of the layer holds
LONG_BURST, FEW_SOCKETS = 300, 100
PACED, PAUSE_S = 20, 0.5
P99_BOUND_MS = 100
HOW = f"""\
One web process with {SOCKETS:,} sockets, each of another person, the in-process channel layer and
a SQLite file; on the same machine a second process holds the other ends. Events of half a kilobyte
are appended in the web process, one transaction each, as the worker of `manage.py serve` does it.
The reference is what the tutorial of Channels makes of it: an `AsyncWebsocketConsumer` for each
socket behind `AuthMiddlewareStack`, and a `group_send` of the event after its commit. Both append
alike. A burst is committed event by event, and then all of it is told; the layer drops without a
word what is sent to a consumer for which 100 messages wait. An event has arrived when the other
process has it; delays are from the end of its commit. The garbage collector of the other process is
off.
"""


def measure() -> Section:
    return under_each_server(HOW, _under)


def _under(server: str, both: Pair) -> Iterator[Row]:
    at_once = _listened(both, BURST, SOCKETS, pause_s=0)
    what = f"{BURST} events at once to {SOCKETS:,} sockets, {server}"
    goal = Goal("10 times", at_least=10)
    yield compared(
        f"{what}: delivered", "/s", at_once, lambda one: one.delivered / one.took_s, goal
    )
    yield from _arrived(what, at_once)
    if server == "Daphne":
        long_burst = _listened(both, LONG_BURST, FEW_SOCKETS, pause_s=0)
        yield from _arrived(f"{LONG_BURST} events at once to {FEW_SOCKETS} sockets", long_burst)

    paced = _listened(both, PACED, SOCKETS, PAUSE_S)
    what = f"2 events a second to {SOCKETS:,} sockets, {server}: p99 from commit to socket"
    goal = Goal("a third", at_most=1 / 3)
    yield compared(what, "ms", paced, lambda one: one.delay_ms(0.99), goal)
    p99_ms = [one.delay_ms(0.99) for one in paced["product"]]
    yield bounded(what, p99_ms, "ms", P99_BOUND_MS, Goal("under 100 ms", at_most=1))


def _listened(both: Pair, events: int, sockets: int, pause_s: float) -> Runs[Heard]:
    return both.each(
        lambda app: audience.listened(both.houses[app].house(sockets), events, pause_s)
    )


def _arrived(what: str, runs: Runs[Heard]) -> Iterator[Row]:
    work = f"{what}: arrived"
    ours = [100 * one.arrived_share for one in runs["product"]]
    yield bounded(work, ours, "%", 100, Goal("all, in every run", at_least=1, of=min))
    yield compared(work, "%", runs, lambda one: 100 * one.arrived_share, SHOWN)
