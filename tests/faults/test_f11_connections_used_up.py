"""F11: every connection that PostgreSQL allows is used up by others."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from django.db import connections

from albums.models import Album
from syncengine import log
from tests.faults.outages import ask, everything_is_unavailable
from tests.faults.postgresql import PostgreSQL
from tests.faults.world import MOST_S, World
from tests.scrapes import TOKEN, scraped
from tests.server import Web, unhealthy
from tests.sheets import LINKED
from tests.syncing import current_operation, ends, eventually

MAX_CONNECTIONS = 12
HUNG_UP_S = 16.0  # Daphne gives those up that have not ended ten seconds after they hung up
MOST_OF_A_WEB = 25  # connections, as the README has it


@pytest.fixture
def database(postgresql: PostgreSQL, postgresql_database: str) -> Iterator[str]:
    postgresql.restart(max_connections=MAX_CONNECTIONS)
    yield postgresql_database
    postgresql.restart(max_connections=100)


@contextmanager
def used_up(postgresql: PostgreSQL) -> Iterator[None]:
    """Hold every connection that is left."""
    with ExitStack() as held:
        with pytest.raises(psycopg.OperationalError, match="too many clients"):
            while True:
                held.enter_context(postgresql.connect())
        yield


def test_f11_without_a_free_connection_everything_says_503_and_recovers_by_itself(
    world: World, postgresql: PostgreSQL
) -> None:
    web = world.web(METRICS_TOKEN=TOKEN)
    web.login("admin")
    world.demo.sheet(*LINKED)
    with used_up(postgresql):
        everything_is_unavailable(web)
        assert scraped(web.origin)["groovelog_database_up"] == 0
        assert "answers 503" in unhealthy(web)
        assert world.socket(web, "admin").close_code() == 4412
    free = time.monotonic()
    eventually(lambda: ask(web, "/readyz").status == 200, MOST_S)
    assert unhealthy(web) == ""
    assert ask(web, "/", "admin").status == 200
    assert scraped(web.origin)["groovelog_database_up"] == 1
    print(f"F11: the page is back after {time.monotonic() - free:.2f} s")
    world.worker()
    web.post("/syncs/", "admin")
    eventually(ends, MOST_S)
    assert current_operation()["synced"] == len(LINKED)
    assert world.socket(web, "admin").next("snapshot")["status"] == log.current_status()


def test_f11_whoever_has_a_connection_goes_on(world: World, postgresql: PostgreSQL) -> None:
    web = world.web()
    world.demo.sheet(*LINKED)
    world.demo.behave(latency_ms=1500, speed=1)
    world.worker()
    socket = world.socket(web, "auditor")
    socket.next("snapshot")
    web.post("/syncs/", "admin")
    socket.follow_to(1)
    with used_up(postgresql):
        while not (operation := socket.view.status["operation"])["finished_at"]:
            socket.frame()
    assert (operation["state"], operation["synced"]) == ("completed", len(LINKED))


def hang_up(web: Web, cookie: str) -> None:
    """Ask for the catalog, and do not wait for it."""
    with socket.create_connection(("127.0.0.1", web.port)) as peer:
        head = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\nCookie: {cookie}\r\n\r\n"
        peer.sendall(head.encode())
        time.sleep(0.1)


def test_f11_whoever_hangs_up_leaves_no_connection_behind(
    world: World, postgresql: PostgreSQL
) -> None:
    postgresql.restart(max_connections=100)
    web = world.web()
    cookie = web.login("viewer")["Cookie"]
    ask(web, "/", "viewer")

    def of_others() -> int:
        count = """SELECT count(*) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""
        return int(watching.execute(count).fetchone()[0])  # type: ignore[index]

    with postgresql.connect() as watching:
        at_rest = of_others()
        most = 0
        with (
            postgresql.connect(connections["default"].settings_dict["NAME"]) as holder,
            holder.transaction(),
        ):
            holder.execute(f"LOCK TABLE {Album._meta.db_table} IN ACCESS EXCLUSIVE MODE")
            began = time.monotonic()
            while time.monotonic() - began < HUNG_UP_S:
                hang_up(web, cookie)
                most = max(most, of_others() - at_rest - 1)
        print(f"F11: at most {most} connections of those who hung up")
        assert 1 < most <= MOST_OF_A_WEB
        eventually(lambda: of_others() <= at_rest, MOST_S)
    assert ask(web, "/", "viewer").status == 200
