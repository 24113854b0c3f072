"""Browsers that do not keep up are closed, and come back whole."""

import time
from collections.abc import Callable

from syncengine import log
from tests.faults.outages import ask
from tests.server import Server
from tests.sockets import Socket

Append = Callable[[], int]


def test_a_reader_that_never_acknowledges_is_closed_and_comes_back_whole_and_others_stay(
    server: Server, append: Append
) -> None:
    with Socket(server) as slow, Socket(server) as quick:
        slow.frame()
        quick.frame()
        cursor = slow.view.cursor
        append()
        begun = time.monotonic()
        slow.next("events", acknowledge=False)
        busy_until = begun + 7
        while time.monotonic() < busy_until:  # a log that never rests must not keep it open
            quick.follow_to(append())
        assert slow.close_code() == 4408
        assert time.monotonic() - begun >= 7.5
        told = ask(server, "/metrics", "admin").body
        assert 'groovelog_sockets_closed_total{code="4408"} 1.0' in told
        position = append()
        assert quick.follow_to(position) == log.current_status()
        assert quick.view.snapshots == 1  # who reads stays
    with Socket(server, cursor=cursor) as again:
        positions: list[int] = []
        while not positions or positions[-1] < position:
            positions += [event["position"] for event in again.next("events")["events"]]
        assert positions == list(range(cursor[0] + 1, position + 1))
