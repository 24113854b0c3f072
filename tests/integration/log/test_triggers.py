"""The triggers are there, are missed when they are not, and come back with every migrate."""

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, models

from syncengine import log, triggers
from syncengine.models import SyncEvent
from syncengine.triggers import TABLE
from tests.tampering import as_stored, drop_triggers, insert, on_postgresql, raw, row_at

pytestmark = pytest.mark.usefixtures("history")

ALL = sorted(triggers._POSTGRESQL if on_postgresql() else triggers._SQLITE)
FUNCTIONS = {
    "syncevent_refuse": ["syncevent_no_delete", "syncevent_no_truncate", "syncevent_no_update"],
    "syncevent_check_position": ["syncevent_next_position"],
}
only_postgresql = pytest.mark.skipif(not on_postgresql(), reason="PostgreSQL only")
only_sqlite = pytest.mark.skipif(on_postgresql(), reason="SQLite only")


def migrate_puts_them_back() -> None:
    """A migrate restores every refusal, whatever was done to it, and loses no event."""
    before = as_stored()
    call_command("migrate", verbosity=0)
    assert triggers.missing() == []
    assert as_stored() == before
    for sql in (f"UPDATE {TABLE} SET kind = 'x'", f"DELETE FROM {TABLE}"):
        with pytest.raises(Error, match=triggers.REFUSED):
            raw(sql)
    with pytest.raises(Error, match=triggers.OUT_OF_ORDER):
        insert(row_at(1) | {"position": 1000})
    insert(row_at(1) | {"position": len(before) + 1})
    if on_postgresql():
        with pytest.raises(Error, match=triggers.REFUSED):
            raw(f"TRUNCATE {TABLE}")


def missed(*names: str) -> None:
    """They are named as missing, by verifying too."""
    assert triggers.missing() == sorted(names)
    with pytest.raises(CommandError):
        call_command("verifylog")


def on_table() -> str:
    return f" ON {TABLE}" if on_postgresql() else ""


def test_all_are_there_after_the_first_migrate() -> None:
    assert triggers.missing() == []
    call_command("verifylog")


@pytest.mark.parametrize("name", ALL)
def test_one_that_was_dropped(name: str) -> None:
    raw(f"DROP TRIGGER {name}{on_table()}")
    missed(name)
    migrate_puts_them_back()


def test_a_migration_that_remakes_the_table() -> None:
    field = models.CharField(max_length=31)
    field.set_attributes_from_name("kind")
    field.model = SyncEvent
    with connection.schema_editor() as editor:
        editor.alter_field(SyncEvent, SyncEvent._meta.get_field("kind"), field)
    if not on_postgresql():
        missed(*ALL)
    migrate_puts_them_back()


def test_installing_twice_changes_nothing() -> None:
    triggers.install()
    triggers.install()
    assert triggers.missing() == []


@only_sqlite
@pytest.mark.parametrize("name", ALL)
def test_one_that_does_something_else_on_sqlite(name: str) -> None:
    raw(f"DROP TRIGGER {name}")
    raw(f"CREATE TRIGGER {name} BEFORE INSERT ON {TABLE} WHEN false BEGIN SELECT 1; END")
    missed(name)
    migrate_puts_them_back()


@only_postgresql
@pytest.mark.parametrize("how", ["DISABLE TRIGGER", "ENABLE TRIGGER", "ENABLE REPLICA TRIGGER"])
@pytest.mark.parametrize("name", ALL)
def test_one_that_is_switched_off(name: str, how: str) -> None:
    raw(f"ALTER TABLE {TABLE} {how} {name}")
    missed(name)
    migrate_puts_them_back()


@only_postgresql
def test_all_switched_off_at_once() -> None:
    raw(f"ALTER TABLE {TABLE} DISABLE TRIGGER ALL")
    missed(*ALL)
    migrate_puts_them_back()


@only_sqlite
def test_all_taken_out_of_the_schema_by_hand() -> None:
    raw("PRAGMA writable_schema = ON")
    raw("DELETE FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", TABLE)
    raw("PRAGMA writable_schema = RESET")
    missed(*ALL)
    migrate_puts_them_back()


@only_postgresql
@pytest.mark.parametrize("name", ALL)
def test_one_that_fires_under_another_condition(name: str) -> None:
    definition = triggers._POSTGRESQL[name].replace("EXECUTE", "WHEN (false) EXECUTE")
    raw(f"DROP TRIGGER {name} ON {TABLE}")
    raw(definition)
    missed(name)
    migrate_puts_them_back()


@only_postgresql
def test_one_that_calls_another_function() -> None:
    raw(
        "CREATE FUNCTION harmless() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
    )
    raw(f"DROP TRIGGER syncevent_no_update ON {TABLE}")
    definition = triggers._POSTGRESQL["syncevent_no_update"]
    raw(definition.replace("syncevent_refuse", "harmless"))
    missed("syncevent_no_update")
    migrate_puts_them_back()


@only_postgresql
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_replaced_by_one_that_does_nothing(function: str) -> None:
    raw(
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NEW; END $$"
    )
    missed(*FUNCTIONS[function])
    migrate_puts_them_back()


@pytest.mark.parametrize("way", ["renamed", "replaced by a copy"])
def test_another_table_in_its_place(way: str) -> None:
    """The triggers go with the table that they protect, and are missed at the other."""
    raw(f"ALTER TABLE {TABLE} RENAME TO kept")
    if way == "renamed":
        raw("ALTER TABLE kept RENAME TO aside")
        raw(f"CREATE VIEW {TABLE} AS SELECT * FROM aside")
    else:
        raw(f"CREATE TABLE {TABLE} AS SELECT * FROM kept")
    missed(*ALL)


def test_without_triggers_the_log_could_be_changed() -> None:
    """The other tests do not pass because of something else."""
    drop_triggers()
    assert triggers.missing() == ALL
    raw(f"UPDATE {TABLE} SET kind = 'x' WHERE position = 2")
    raw(f"DELETE FROM {TABLE} WHERE position = 3")
    insert(row_at(1) | {"position": log.head().position + 100})
    assert row_at(2)["kind"] == "x"
