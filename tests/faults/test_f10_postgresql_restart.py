"""F10: PostgreSQL is restarted as after a crash while a sync runs, or is away for a while."""

import time

import pytest
from django.db import connections

from syncengine import log
from tests.browser import sheets
from tests.faults.outages import ask, everything_is_unavailable
from tests.faults.postgresql import PostgreSQL
from tests.faults.world import MOST_S, World
from tests.process import Process
from tests.server import Web
from tests.syncing import current_operation, ends, events, eventually, outcomes

ALBUMS = 40
AWAY_S = 5.0
# A look each second, a try each second, and a busy machine.
MAX_RECOVERY_S = 10.0
MAX_LINES = 15  # of warnings in an outage, of one process


@pytest.fixture
def database(postgresql_database: str) -> str:
    return postgresql_database


@pytest.fixture
def running(world: World, web: Web) -> None:
    """A sync that takes some seconds, in its midst."""
    world.demo.sheet(*sheets.rows(ALBUMS))
    world.demo.behave(latency_ms=800, speed=1)
    world.worker()
    web.post("/syncs/", "admin")
    eventually(lambda: 5 < len(outcomes()) < ALBUMS - 15, MOST_S)
    connections.close_all()


@pytest.fixture
def web(world: World) -> Web:
    web = world.web()
    web.login("admin")
    web.login("auditor")
    return web


def test_f10_a_restart_costs_a_running_sync_no_album(
    world: World, web: Web, running: None, postgresql: PostgreSQL
) -> None:
    socket = world.socket(web)
    socket.next("snapshot")
    postgresql.restart()
    back = time.monotonic()
    eventually(lambda: ask(web, "/", "admin").status == 200, MOST_S)
    print(f"F10: the page is back {time.monotonic() - back:.2f} s after the database")
    eventually(lambda: events("resumed"), MOST_S)
    print(f"F10: the sync goes on {time.monotonic() - back:.2f} s after the database")
    eventually(ends, MOST_S)
    assert current_operation()["state"] == "completed"
    assert (current_operation()["synced"], current_operation()["failed"]) == (ALBUMS, 0)
    [waiting] = events("waiting")
    assert (waiting.data["service"], waiting.data["reason"]) == ("database", "storage")
    assert [event.data["reason"] for event in events("resumed")] == ["wait-over"]
    assert socket.follow_to(log.head().position) == log.current_status()
    for process in world.processes:
        is_quiet(process)


def test_f10_without_postgresql_everything_says_503_and_then_goes_on(
    world: World, web: Web, running: None, postgresql: PostgreSQL
) -> None:
    socket = world.socket(web)
    socket.next("snapshot")
    postgresql.stop()
    everything_is_unavailable(web)
    assert world.socket(web).close_code() == 4412
    time.sleep(AWAY_S)
    postgresql.start()
    back = time.monotonic()
    eventually(lambda: ask(web, "/", "admin").status == 200, MOST_S)
    assert time.monotonic() - back < MAX_RECOVERY_S
    eventually(lambda: events("resumed"), MOST_S)
    print(f"F10: the sync goes on {time.monotonic() - back:.2f} s after the database")
    assert time.monotonic() - back < MAX_RECOVERY_S
    eventually(ends, MOST_S)
    assert (current_operation()["synced"], current_operation()["failed"]) == (ALBUMS, 0)
    assert socket.follow_to(log.head().position) == log.current_status()
    assert world.socket(web).next("snapshot")["status"] == log.current_status()
    for process in world.processes:
        is_quiet(process)


def is_quiet(process: Process) -> None:
    """An outage is some lines, not one a second and function, and no traceback."""
    lines = [line for line in process.output.splitlines() if " WARNING groovelog." in line]
    assert lines, "nothing was said"
    assert len(lines) < MAX_LINES, "\n".join(lines)
