"""A long export at the port of the real server: it is sent as it is read, and breaks off in a way
that shows."""

import http.client
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest
from django.db import connections

from project.turns import AT_ONCE
from syncengine import log
from syncengine.downloads import RIGHTS_S
from syncengine.models import Session
from tests import second_verifier
from tests.benchmarks import long_log
from tests.histories import audit
from tests.integration.http.test_raw_requests import MIB
from tests.server import Server, server

__all__ = ["server"]

pytestmark = pytest.mark.once

EVENTS = 40_000
MAX_GROWTH_BYTES = 24 * MIB  # the file has some 30 MiB, and three of it would be far more
READERS = 3


@pytest.fixture(scope="module")
def long(server: Server) -> Iterator[int]:
    long_log.write(EVENTS)
    yield log.head().position
    connections.close_all()


def asking(server: Server) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", server.port), 30)
    cookies = server.login("auditor")["Cookie"]
    host = f"Host: 127.0.0.1:{server.port}\r\nCookie: {cookies}\r\nConnection: close\r\n"
    peer.sendall(f"GET /syncs/events.jsonl HTTP/1.1\r\n{host}\r\n".encode())
    return peer


def test_it_is_whole_and_holds(server: Server, long: int) -> None:
    peer = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    peer.request("GET", "/syncs/events.jsonl", headers=server.login("auditor"))
    answer = peer.getresponse()
    assert answer.getheader("Content-Length") is None
    began = time.monotonic()
    lines = answer.read().splitlines(keepends=True)
    print(f"{len(lines)} events in {time.monotonic() - began:.1f} s")
    peer.close()
    assert len(lines) >= EVENTS
    assert second_verifier.find(lines) == ""


def test_readers_who_are_slow_cost_no_memory_and_hold_nobody_up(server: Server, long: int) -> None:
    before = server.rss_bytes
    readers = [asking(server) for _ in range(READERS)]
    for reader in readers:
        assert reader.recv(1000).startswith(b"HTTP/1.1 200 ")
    time.sleep(3)
    grown = server.rss_bytes - before
    print(f"{READERS} readers who stopped reading: {grown / MIB:.1f} MiB more in memory")
    assert grown < MAX_GROWTH_BYTES
    began = time.monotonic()
    assert server.get("/api/status", "auditor")["position"] > EVENTS
    assert time.monotonic() - began < 5
    for reader in readers:
        reader.close()


def test_of_many_who_ask_at_the_same_time_and_do_not_read_four_get_it_and_health_is_told(
    server: Server, long: int
) -> None:
    server.login("auditor")
    with ExitStack() as stack:
        readers = [stack.enter_context(asking(server)) for _ in range(AT_ONCE)]
        statuses = Counter(reader.recv(12) for reader in readers)
        assert statuses == {b"HTTP/1.1 200": 4, b"HTTP/1.1 503": AT_ONCE - 4}
        began = time.monotonic()
        assert server.get("/readyz")["database"]
        assert time.monotonic() - began < 5


def test_it_breaks_off_where_its_reader_is_signed_out_meanwhile(server: Server, long: int) -> None:
    session = server.admit("auditor")
    with asking(server) as reader:
        got = reader.recv(1000)
        assert got.startswith(b"HTTP/1.1 200 ")
        time.sleep(RIGHTS_S + 1)
        Session.objects.get(session_key=session).delete()
        server.admit("auditor")
        with suppress(ConnectionResetError):
            while piece := reader.recv(MIB):
                got = piece
    assert not got.endswith(b"0\r\n\r\n"), "it ends as a whole one does"


def test_who_hangs_up_makes_room_for_others(server: Server, long: int) -> None:
    for _ in range(12):
        with asking(server) as reader:
            assert reader.recv(1000).startswith(b"HTTP/1.1 ")
        time.sleep(0.1)
    deadline = time.monotonic() + 20
    while True:
        with asking(server) as reader:
            if reader.recv(12) == b"HTTP/1.1 200":
                break
        assert time.monotonic() < deadline, "the exports of those who hung up still go on"
        time.sleep(0.2)
    assert "Traceback" not in server.output


def test_a_verification_holds_nobody_up_and_no_lock(server: Server, long: int) -> None:
    server.login("auditor")
    with ThreadPoolExecutor(1) as pool:
        verifying = pool.submit(server.post, "/syncs/proof/", "auditor")
        worst_s, asked = 0.0, 0
        while not verifying.done():
            began = time.monotonic()
            server.get("/healthz")
            audit("exported")
            worst_s, asked = max(worst_s, time.monotonic() - began), asked + 1
            time.sleep(0.05)
        found = verifying.result()["verification"]
    connections.close_all()
    print(f"{asked} answers and appends meanwhile, each within {worst_s:.2f} s")
    assert asked > 5
    assert worst_s < 3
    assert found["sound"], found
    assert found["head"] >= long
