"""A database without its log: commands say so and what to do, and nothing falls over."""

from pathlib import Path

import pytest
from django.db import connections

from syncengine.models import LogHead
from syncengine.triggers import TABLE
from tests.commands import Environment, manage
from tests.tampering import raw

COMMANDS = (("verifylog",), ("rebuild",), ("runworker", "sync"), ("sync",))
REMEDY = "Run manage.py migrate. If that does not help, restore the database from a backup."


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_command_ends_in_a_sentence(environment: Environment, command: tuple[str, ...]) -> None:
    LogHead.objects.all().delete()
    done = manage(environment, *command)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "The database has no log" in done.stderr
    assert REMEDY in done.stderr


@pytest.mark.parametrize("how", ["DROP TABLE {}", "ALTER TABLE {} RENAME TO elsewhere"])
def test_a_log_that_was_taken_away_is_one_of_them(environment: Environment, how: str) -> None:
    raw(how.format(TABLE))
    connections.close_all()
    for command in ("verifylog", "sync"):
        done = manage(environment, command)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "The database has no log" in done.stderr, done.stderr


def test_a_database_that_was_never_migrated_is_one_of_them(
    environment: Environment, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    done = manage(environment | {"DATABASE_URL": url}, "verifylog")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert REMEDY in done.stderr
