"""What a browser gets first, by what it has already."""

from collections.abc import Callable

import pytest

from syncengine import log
from tests.server import Server
from tests.sockets import Socket

Append = Callable[[], int]


@pytest.fixture(autouse=True)
def some_history(server: Server, append: Append) -> None:
    """Three events at least, all of which the hub has seen."""
    for _ in range(3):
        position = append()
    with Socket(server) as socket:
        socket.frame()
        socket.follow_to(position)


def test_a_browser_without_a_cursor_gets_a_snapshot(server: Server) -> None:
    with Socket(server) as socket:
        assert socket.frame()["type"] == "snapshot"
        assert socket.follow_to(log.head().position) == server.get("/api/status", "auditor")


def test_a_browser_at_the_head_gets_a_heartbeat(server: Server) -> None:
    head = log.head()
    with Socket(server, cursor=(head.position, head.hash)) as socket:
        frame = socket.frame()
    assert frame["type"] == "heartbeat"
    assert (frame["position"], frame["hash"]) == (head.position, head.hash)
    assert frame.keys() == {"type", "position", "hash", "at", "worker_seen_at"}


def test_a_browser_a_little_behind_gets_the_events_that_it_lacks(server: Server) -> None:
    head = log.head().position
    with Socket(server, cursor=(head - 2, log.hash_at(head - 2) or "")) as socket:
        frame = socket.frame()
    assert frame["type"] == "events"
    assert frame["events"] == [event.as_json() for event in log.events_after(head - 2)]


def test_a_browser_that_knows_only_the_log_gets_all_of_it(server: Server) -> None:
    head = log.head().position
    positions: list[int] = []
    with Socket(server, cursor=(0, log.head().log_id)) as socket:
        while len(positions) < head:
            positions += [event["position"] for event in socket.next("events")["events"]]
    assert positions == list(range(1, head + 1))


@pytest.mark.parametrize("beyond", [-1, 0, 1, 1000])
def test_a_browser_of_another_log_starts_afresh(server: Server, beyond: int) -> None:
    with Socket(server, cursor=(log.head().position + beyond, "0" * 64)) as socket:
        assert socket.frame()["type"] == "snapshot"


def test_a_viewer_gets_a_snapshot_instead_of_old_events(server: Server) -> None:
    head = log.head().position
    with Socket(server, "viewer", cursor=(head - 1, log.hash_at(head - 1) or "")) as socket:
        assert socket.frame()["type"] == "snapshot"


def test_a_viewer_gets_new_events(server: Server, append: Append) -> None:
    with Socket(server, "viewer") as socket:
        assert socket.frame()["type"] == "snapshot"
        position = append()
        while socket.view.cursor[0] < position:
            socket.next("events")


def test_what_happened_while_a_viewer_was_away_comes_as_a_snapshot(
    server: Server, append: Append
) -> None:
    with Socket(server, "viewer") as socket:
        socket.frame()
        cursor = socket.view.cursor
    position = append()
    with Socket(server, "viewer", cursor) as socket:
        frame = socket.frame()
        # The hub may not have seen the new event yet; then it comes as new.
        if frame["type"] == "heartbeat":
            frame = socket.next("events")
            assert frame["events"][0]["position"] == position
        else:
            assert frame["type"] == "snapshot"
            while socket.view.cursor[0] < position:
                socket.next("events")


@pytest.mark.parametrize(
    "query",
    [
        "after=1",
        f"hash={'0' * 64}",
        f"after=-1&hash={'0' * 64}",
        f"after=x&hash={'0' * 64}",
        "after=1&hash=short",
        f"after=1&after=2&hash={'0' * 64}",
        f"after=1&hash={'0' * 64}&more=1",
        f"after=1&hash={'G' * 64}",
    ],
)
def test_half_a_cursor_or_none_at_all_is_refused(server: Server, query: str) -> None:
    with Socket(server, url=f"{server.socket_url}?{query}") as socket:
        assert socket.close_code() == 4400
