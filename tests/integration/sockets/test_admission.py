"""Who gets a socket, and what a browser may say on it."""

from contextlib import ExitStack, suppress

import pytest
from django.contrib.auth.models import User
from django.db import connections
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.integration.sockets.conftest import Append
from tests.server import Server
from tests.sockets import Socket


def test_nobody_gets_in_without_signing_in(server: Server) -> None:
    with Socket(server, "") as socket:
        assert socket.close_code() == 4401


def test_an_account_that_is_disabled_does_not_get_in(server: Server) -> None:
    server.login("superuser")
    User.objects.filter(username="superuser").update(is_active=False)
    connections.close_all()
    with Socket(server, "superuser") as socket:
        assert socket.close_code() == 4401


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "http://127.0.0.1.evil.example",
        "http://evil.example/127.0.0.1",
        "http://127.0.0.1:1",
    ],
)
def test_another_sites_page_is_refused_before_it_is_let_in(
    server: Server, origin: str | None
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        Socket(server, origin=origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "hello",
        "[" * 60_000,
        "[]",
        "null",
        "{}",
        '{"type": "ack"}',
        '{"type": "ack", "position": "1"}',
        '{"type": "ack", "position": -1}',
        '{"type": "ack", "position": true}',
        '{"type": "ack", "position": 1.5}',
        '{"type": "ack", "position": 1, "more": 1}',
        '{"type": "events", "events": []}',
        '{"type": "ack", "position": ' + "9" * 5000 + "}",
        "[" * 100_000,
        b'{"type": "ack", "position": 0}',
        '{"type": "ack", "position": 0}' + " " * 65 * 1024,
    ],
    ids=lambda frame: repr(frame[:34]),
)
def test_a_frame_that_is_no_acknowledgement_ends_the_socket(
    server: Server, frame: str | bytes
) -> None:
    with Socket(server) as socket:
        socket.frame()
        socket.send(frame)
        assert socket.close_code() == 4400


def test_a_frame_of_megabytes_is_not_even_read(server: Server) -> None:
    with Socket(server) as socket:
        socket.frame()
        with suppress(ConnectionClosed):
            socket.send('{"type": "ack", "position": 0}' + " " * 2 * 1024 * 1024)
        assert socket.close_code() is None


def test_an_acknowledgement_of_what_was_never_sent_does_no_harm(server: Server) -> None:
    with Socket(server) as socket:
        socket.frame()
        socket.send({"type": "ack", "position": 10**15})
        assert socket.next("heartbeat")["position"] >= 0


def test_a_socket_that_talks_without_end_is_closed(server: Server) -> None:
    with Socket(server) as socket:
        socket.frame()
        with suppress(ConnectionClosed):
            for _ in range(200):
                socket.send({"type": "ack", "position": 0})
        assert socket.close_code() == 4429


def test_whoever_acknowledges_every_single_event_may_stay(server: Server, append: Append) -> None:
    with Socket(server) as socket:
        socket.frame()
        first = append()
        for _ in range(150):
            last = append()
        while socket.view.status["position"] < last:
            socket.frame(acknowledge=False)
        for position in range(first, last + 1):
            socket.send({"type": "ack", "position": position})
        socket.follow_to(append())


def test_a_person_has_twenty_sockets_and_no_more(server: Server) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(Socket(server, "admin")) for _ in range(20)]
        for socket in sockets:
            assert socket.frame()["type"] == "snapshot"
        with Socket(server, "admin") as one_more:
            assert one_more.close_code() == 4429
        with Socket(server, "auditor") as another_person:
            assert another_person.frame()["type"] == "snapshot"
        sockets[0].close()
        with Socket(server, "admin") as in_its_place:
            assert in_its_place.frame()["type"] == "snapshot"
