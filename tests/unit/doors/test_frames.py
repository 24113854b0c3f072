"""A web socket takes what a browser has to say, and hangs up on a flood."""

import asyncio
from typing import Any

import pytest
from daphne.ws_protocol import WebSocketFactory
from twisted.internet.testing import StringTransport

from project.frames import MAX_STRAYS, MAX_WAITING, STRAYS_S, BoundedWebSocket

HANDSHAKE = (
    b"GET /ws/sync/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, PIECE, PING, PONG = 0x81, 0x01, 0x89, 0x8A  # first bytes of frames
FRAME_BYTES = 6  # without what is in it
MANY = 10_000


class Daphne:
    """What a socket knows of its server."""

    root_path = ""
    proxy_forwarded_address_header = None

    def __init__(self) -> None:
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def create_application(self, *_: Any) -> asyncio.Queue[dict[str, Any]]:
        return self.queue

    def ignore(self, *_: Any) -> None:
        pass

    protocol_connected = protocol_disconnected = log_action = ignore


class Peer:
    """The other end of a socket that the product has accepted, without a network between."""

    def __init__(self) -> None:
        self._daphne = Daphne()
        factory = WebSocketFactory(self._daphne)
        factory.setProtocolOptions(openHandshakeTimeout=0, closeHandshakeTimeout=0)
        factory.protocol = BoundedWebSocket
        self.server: BoundedWebSocket = factory.buildProtocol(None)
        self.server._raw_query_string = b""
        self._transport = StringTransport()
        self._transport.registerProducer(self, True)  # as a request of Twisted's does
        self.server.makeConnection(self._transport)
        self.server.dataReceived(HANDSHAKE)
        self.server.handle_reply({"type": "websocket.accept"})
        self._transport.clear()
        self.taken()

    def send(self, first_byte: int, count: int = 1, payload: bytes = b"x") -> None:
        assert len(payload) < 126
        frame = bytes([first_byte, 0x80 | len(payload)]) + bytes(4) + payload
        self.server.dataReceived(frame * count)

    def taken(self) -> int:
        """How many messages the product found; it has none before it afterwards."""
        count = self._daphne.queue.qsize()
        while not self._daphne.queue.empty():
            self._daphne.queue.get_nowait()
        return count

    def got(self) -> bytes:
        got = self._transport.value()
        self._transport.clear()
        return got

    @property
    def is_cut(self) -> bool:
        return self._transport.disconnecting and self.server.state == self.server.STATE_CLOSED


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
def admitted(peer: Peer) -> Peer:
    peer.server.handle_reply({"type": "websocket.send", "text": "{}"})
    peer.got()
    return peer


def test_who_pours_frames_before_it_is_admitted_is_cut_off_and_the_rest_is_not_looked_at(
    peer: Peer,
) -> None:
    peer.send(TEXT, MANY)
    assert peer.is_cut
    assert peer.taken() == MAX_STRAYS
    assert len(peer.server.data) > (MANY - MAX_STRAYS - 1) * FRAME_BYTES


def test_who_pours_frames_faster_than_they_are_taken_is_cut_off(admitted: Peer) -> None:
    admitted.send(TEXT, MANY)
    assert admitted.is_cut
    assert admitted.taken() == MAX_WAITING


def test_acknowledgements_that_are_taken_may_be_many(admitted: Peer) -> None:
    for _ in range(20):
        admitted.send(TEXT, MAX_WAITING)
        assert admitted.taken() == MAX_WAITING
    assert not admitted.is_cut


def test_large_frames_do_not_pile_up(admitted: Peer) -> None:
    large = bytes([TEXT, 0x80 | 127]) + (1_000_000).to_bytes(8) + bytes(4) + b"x" * 1_000_000
    admitted.server.dataReceived(large)
    assert not admitted.is_cut
    admitted.server.dataReceived(large)
    assert admitted.is_cut
    assert admitted.taken() == 1


def test_after_the_product_closed_nothing_is_taken_and_a_flood_is_cut_off(admitted: Peer) -> None:
    admitted.server.handle_reply({"type": "websocket.close", "code": 4429})
    admitted.send(TEXT, 5)
    assert not admitted.is_cut  # acknowledgements may have been on their way
    admitted.send(TEXT, MANY)
    assert admitted.is_cut
    assert not admitted.taken()


@pytest.mark.parametrize("kind", [PING, PONG, PIECE])
def test_frames_that_say_nothing_are_bounded_too(admitted: Peer, kind: int) -> None:
    if kind == PIECE:
        admitted.send(PIECE)
    admitted.send(0 if kind == PIECE else kind, MANY, b"")
    assert admitted.is_cut
    assert len(admitted.got()) <= 2 * MAX_STRAYS


def test_pings_now_and_then_are_answered_for_ever(
    admitted: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in range(10 * MAX_STRAYS):
        monkeypatch.setattr("project.frames.time.monotonic", lambda m=minute: 2 * STRAYS_S * m)
        admitted.send(PING)
        assert admitted.got() == b"\x8a\x01x"
    assert not admitted.is_cut


def test_who_does_not_read_gets_no_pongs_until_it_reads(admitted: Peer) -> None:
    admitted.server.pauseProducing()
    admitted.send(PING)
    assert admitted.got() == b""
    admitted.server.resumeProducing()
    admitted.send(PING)
    assert admitted.got() == b"\x8a\x01x"
