"""A world for each test: its processes are ended and the invariants checked when it is over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from tests.accounts import account
from tests.demo import Demo
from tests.faults import invariants
from tests.faults.postgresql import PostgreSQL, fresh_database, own_postgresql
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
