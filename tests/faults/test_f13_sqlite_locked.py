"""F13: another program holds SQLite's write lock while a sync runs."""

import sqlite3
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection, connections

from syncengine import log
from tests.browser import sheets
from tests.faults.outages import Answer, ask, is_unavailable
from tests.faults.world import MOST_S, World
from tests.process import Process
from tests.server import Web
from tests.syncing import current_operation, ends, events, eventually, outcomes

ALBUMS = 50
ABSORBED_S = 10.0
TOO_LONG_S = 22.0  # more than SQLite waits for the lock
MAX_READ_S = 0.2
READS = 40


@pytest.fixture
def web(world: World) -> Web:
    if connection.vendor != "sqlite":
        pytest.skip("F13 SQLite locked: the database is PostgreSQL")
    web: Web = world.web()
    for name in ("admin", "auditor"):
        web.login(name)
    return web


@pytest.fixture
def before_s(web: Web) -> float:
    """How long a read takes without any fault."""
    return p95_of_reads(web)


@pytest.fixture
def working(world: World, web: Web, before_s: float) -> Process:
    """A worker in the midst of a sync."""
    world.demo.sheet(*sheets.rows(ALBUMS))
    world.demo.behave(latency_ms=800, speed=1)
    worker = world.worker()
    web.post("/syncs/", "admin")
    eventually(lambda: 5 < len(outcomes()) < ALBUMS - 25, MOST_S)
    connections.close_all()
    return worker


@contextmanager
def locked() -> Iterator[None]:
    """Hold the write lock of the database, as a backup or somebody's shell does."""
    path = connections.settings["default"]["NAME"]
    other = sqlite3.connect(path, isolation_level=None, timeout=60)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def p95_of_reads(web: Web) -> float:
    """Seconds that a read takes, one after the other, and nearly always less."""
    spans = []
    for number in range(READS):
        path = ("/", "/api/status")[number % 2]
        began = time.monotonic()
        assert ask(web, path, "auditor").status == 200
        spans.append(time.monotonic() - began)
    return statistics.quantiles(spans, n=20)[-1]


def ask_for_another_sync(web: Web) -> Answer:
    """A request that takes the lock, and changes nothing in the sync."""
    return ask(web, "/syncs/", "admin", {}, "json")


def reads_are_fast(web: Web, before_s: float) -> None:
    locked_s = p95_of_reads(web)
    print(f"F13: reads p95 {locked_s * 1000:.0f} ms while locked, {before_s * 1000:.0f} before")
    assert locked_s < max(MAX_READ_S, 3 * before_s)  # a busy machine is slow before, too


def held_for(seconds: float, began: float) -> None:
    time.sleep(max(0.0, began + seconds - time.monotonic()))


def test_f13_a_lock_of_ten_seconds_is_waited_out(
    web: Web, working: Process, before_s: float
) -> None:
    with ThreadPoolExecutor() as pool:
        with locked():
            began = time.monotonic()
            written = pool.submit(ask_for_another_sync, web)
            reads_are_fast(web, before_s)
            held_for(ABSORBED_S, began)
        assert written.result().status == 409  # asked of the log, once its lock was free
    eventually(ends, MOST_S)
    assert (current_operation()["synced"], current_operation()["failed"]) == (ALBUMS, 0)
    assert events("waiting", "resumed") == []
    assert "failed" not in working.output


@pytest.mark.parametrize(
    "seconds", [TOO_LONG_S, pytest.param(60.0, marks=pytest.mark.long)], ids=["22s", "60s"]
)
def test_f13_a_longer_lock_is_a_typed_error_and_a_wait(
    web: Web, working: Process, before_s: float, seconds: float
) -> None:
    assert seconds > settings.DATABASES["default"]["OPTIONS"]["timeout"] + 5
    with ThreadPoolExecutor() as pool:
        with locked():
            began = time.monotonic()
            written = pool.submit(ask_for_another_sync, web)
            reads_are_fast(web, before_s)
            refused = written.result()
            assert is_unavailable(refused)
            assert refused.error["code"] == "database-busy"
            held_for(seconds, began)
        head, free = log.head().position, time.monotonic()
    eventually(lambda: log.head().position > head, MOST_S)
    print(f"F13: the sync goes on {time.monotonic() - free:.1f} s after the lock")
    eventually(ends, MOST_S)
    assert (current_operation()["synced"], current_operation()["failed"]) == (ALBUMS, 0)
    # Of what the worker had to write, the first may have taken all of the patience alone.
    waits = [event.data["reason"] for event in events("waiting")]
    assert waits == ["storage"] or (not waits and seconds == TOO_LONG_S)
    assert "database is locked" in working.output
