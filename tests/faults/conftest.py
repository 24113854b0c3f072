"""A world for each test: its processes are ended and the invariants checked when it is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, connections

from tests.accounts import account
from tests.demo import Demo
from tests.faults import invariants
from tests.faults.postgresql import PostgreSQL, fresh_database, own_postgresql
from tests.faults.proxy import Proxy, proxy_to
from tests.faults.redis import Redis, own_redis
from tests.faults.world import MOST_S, World


@pytest.fixture(scope="session")
def own_server(databases: object, django_db_blocker: Any) -> Iterator[PostgreSQL | None]:
    """A PostgreSQL server that no other test uses at the same time; None on SQLite."""
    if connection.vendor != "postgresql":
        yield None
        return
    with django_db_blocker.unblock(), own_postgresql() as server:
        yield server


@pytest.fixture
def postgresql(own_server: PostgreSQL | None, request: pytest.FixtureRequest) -> PostgreSQL:
    """That server, to be stopped, restarted and starved by one test."""
    if own_server is None:
        fault = request.module.__doc__.partition(":")[0]
        pytest.skip(f"{fault}: the database is SQLite, which has no server")
    return own_server


@pytest.fixture
def postgresql_database(postgresql: PostgreSQL, django_db_blocker: Any) -> Iterator[str]:
    """A fresh database in that server; for the `database` of a test's `world`."""
    with django_db_blocker.unblock(), fresh_database(postgresql) as url:
        yield url


@pytest.fixture
def redis(world: World) -> Iterator[Redis]:
    """A Redis server of the world's own, to be stopped, paused and flushed."""
    if not world.has_channel_layer:
        pytest.skip("the channel layer is in-process, which has no server")
    with own_redis(world.folder) as server:
        world.environment["REDIS_URL"] = server.url
        yield server


@pytest.fixture
def to_google(world: World) -> Iterator[Proxy]:
    """The cable between the workers and Google."""
    with _cable(world, "GOOGLE_SHEETS_ORIGIN") as cable:
        yield cable


@pytest.fixture
def to_spotify(world: World) -> Iterator[Proxy]:
    """The cable between the workers and Spotify's Web API; tokens come from elsewhere."""
    with _cable(world, "SPOTIFY_API_URL") as cable:
        yield cable


@contextmanager
def _cable(world: World, setting: str) -> Iterator[Proxy]:
    """Let the processes that are started from now on take a cable to what the setting names."""
    url = urlsplit(world.environment[setting])
    assert url.port is not None
    with proxy_to(url.port) as cable:
        world.environment[setting] = url._replace(netloc=f"127.0.0.1:{cable.port}").geturl()
        yield cable


@pytest.fixture
def world(database: str, demo: Demo, tmp_path: Path) -> Iterator[World]:
    """The parts are real processes; an account for each role is there. After the test everything
    that is unfinished must come to its end, and then all of I1 to I11 must hold."""
    for role in ("viewer", "auditor", "admin"):
        account(role)
    connections.close_all()
    made = World(tmp_path, database, demo)
    try:
        yield made
        invariants.at_rest(MOST_S)
        invariants.check(made)
    finally:
        made.end()
        for process in made.processes:
            print(process.command, process.output, sep="\n")  # shown where a test fails
