"""`manage.py prepare` and `migrate`: once, whoever comes first, however many come at once."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from project.management.commands import migrate
from syncengine import log, triggers
from tests.commands import Done, Environment, manage
from tests.databases import Databases

AT_ONCE = 4
LONG_ENOUGH_S = 5.0  # to have migrated, if nothing held it up


@pytest.fixture
def empty_database(databases: Databases, environment: Environment) -> Iterator[Environment]:
    """What leads to a database in which nothing is."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is for one machine, and one `serve` on it")
    with databases.empty() as url:
        yield environment | {"DATABASE_URL": url}


def at_once(environment: Environment, *commands: str) -> list[Done]:
    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(lambda command: manage(environment, command), commands))


def test_four_processes_at_once_migrate_an_empty_database_once(
    empty_database: Environment,
) -> None:
    done = at_once(empty_database, *["prepare", "migrate"] * (AT_ONCE // 2))
    assert [one.returncode for one in done] == [0] * AT_ONCE, [one.stderr for one in done]
    applied = MigrationRecorder(connection).applied_migrations()
    stored = Counter(MigrationRecorder(connection).migration_qs.values_list("app", "name"))
    assert stored == Counter(applied.keys())
    assert triggers.missing() == []
    assert log.head().position == 0


def test_whoever_dies_while_it_migrates_holds_up_nobody(empty_database: Environment) -> None:
    connection.cursor().execute("SELECT pg_advisory_lock(%s)", [migrate.LOCK])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(manage, empty_database, "prepare")
        with pytest.raises(TimeoutError):
            waiting.result(timeout=LONG_ENOUGH_S)
        connection.close()  # as the end of a process does
        assert waiting.result().returncode == 0, waiting.result().stderr
    assert triggers.missing() == []


def test_prepare_may_be_repeated_at_will(environment: Environment) -> None:
    for _ in range(2):
        done = manage(environment, "prepare")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
