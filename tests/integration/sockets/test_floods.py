"""Nobody stalls a web process by pouring frames into a socket."""

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Thread

import pytest

from tests.deaf import Deaf
from tests.server import Server

FLOOD_S = 4.0
CUT_S = 1.5  # for a busy machine; it takes a few hundredths, and took for ever
ANSWER_LIMIT_S = 3.0  # for a busy machine; one socket made others wait for eight
MAX_GROWTH_BYTES = 48 * 1024 * 1024
KINDS = {
    "text": bytes([0x81, 0x81]) + bytes(4) + b"x",
    "ping": bytes([0x89, 0x80 | 125]) + bytes(4) + b"p" * 125,
    "ack": bytes([0x81, 0x80 | 27]) + bytes(4) + b'{"type":"ack","position":0}',
}


def pour(server: Server, username: str, frame: bytes, until: float) -> Iterator[float]:
    """One who comes again whenever it is hung up on, and never reads; how long it could pour."""
    while time.monotonic() < until:
        begun = time.monotonic()
        with suppress(OSError), closing(Deaf(server, username)) as peer:
            while time.monotonic() < until:
                peer.pour(frame * 2000)
        yield time.monotonic() - begun


@pytest.mark.parametrize(
    ("username", "kind"), [("", "text"), ("viewer", "ping"), ("viewer", "ack")]
)
def test_while_one_pours_others_are_answered_and_memory_stays(
    server: Server, username: str, kind: str
) -> None:
    if username:
        server.login(username)
    before = server.rss_bytes
    until = time.monotonic() + FLOOD_S
    lives: list[float] = []
    pouring = pour(server, username, KINDS[kind], until)
    flood = Thread(target=lives.extend, args=(pouring,))
    flood.start()
    waits = []
    while flood.is_alive():
        asked = time.monotonic()
        assert server.get("/healthz") == {"status": "ok"}
        waits.append(time.monotonic() - asked)
        time.sleep(0.1)
    flood.join()
    assert max(lives) < CUT_S
    assert max(waits) < ANSWER_LIMIT_S
    assert server.rss_bytes - before < MAX_GROWTH_BYTES
    assert "Traceback" not in server.output
