"""Heartbeats, and who watches."""

import os
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.demo import Demo
from tests.server import Server, start_server
from tests.sockets import Socket


def beats(socket: Socket, count: int) -> list[float]:
    """Seconds between heartbeats, by the server's clock."""
    times = [datetime.fromisoformat(socket.next("heartbeat")["at"]) for _ in range(count + 1)]
    return [(later - at).total_seconds() for at, later in pairwise(times)]


def test_the_heart_beats_slowly_at_rest_and_faster_during_a_sync(
    server: Server, switches: Demo
) -> None:
    with Socket(server) as socket:
        socket.next("heartbeat")  # the hub has begun
        (at_rest,) = beats(socket, 1)
        switches.behave(quota_exceeded=True)
        operation = server.post("/syncs/", "admin")["operation"]
        while socket.view.status["operation"] is None:
            socket.frame()
        socket.next("heartbeat")
        during = beats(socket, 2)
        server.post(f"/syncs/{operation['id']}/cancel/", "admin")
    assert at_rest >= 4.5
    assert all(1.5 <= seconds < at_rest for seconds in during)


def test_a_heartbeat_says_when_a_worker_was_seen(server: Server) -> None:
    with Socket(server) as socket:
        beat = socket.next("heartbeat")
        while beat["worker_seen_at"] is None:
            beat = socket.next("heartbeat")
    seen_at = datetime.fromisoformat(beat["worker_seen_at"])
    assert abs((datetime.fromisoformat(beat["at"]) - seen_at).total_seconds()) < 60


def watching(socket: Socket, *names: str) -> None:
    """Read until just these people watch."""
    while socket.next("watchers")["names"] != sorted(names):
        pass


def test_people_see_who_else_watches_each_once(server: Server) -> None:
    with Socket(server, "viewer") as socket:
        watching(socket, "viewer")
        with Socket(server, "admin") as other, Socket(server, "admin"):
            watching(socket, "admin", "viewer")
            watching(other, "admin", "viewer")
        watching(socket, "viewer")


@pytest.mark.skipif(not os.environ["REDIS_URL"], reason="two web processes need a channel layer")
def test_people_see_who_watches_through_another_process(server: Server, tmp_path: Path) -> None:
    with start_server(tmp_path, server.environment) as other, Socket(server, "viewer") as here:
        watching(here, "viewer")
        with Socket(other, "admin") as there:
            watching(here, "admin", "viewer")
            watching(there, "admin", "viewer")
        watching(here, "viewer")
