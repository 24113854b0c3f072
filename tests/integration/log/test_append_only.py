"""The database itself refuses to change the log, whatever way somebody tries."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

from syncengine import log
from syncengine.models import SyncEvent
from syncengine.schemas import CURRENT_VERSION
from syncengine.triggers import TABLE
from tests.tampering import as_stored, insert, on_postgresql, raw, row_at

pytestmark = pytest.mark.usefixtures("shared_history")


@contextmanager
def refused() -> Iterator[None]:
    """The block fails in the database and the log is byte for byte what it was."""
    before = as_stored()
    assert before
    with pytest.raises(Error, match="the sync log"):
        yield
    assert as_stored() == before


def following(**columns: Any) -> dict[str, Any]:
    """A row that could be the next, but for `columns`."""
    return row_at(1) | {"position": log.head().position + 1} | columns


def a_copy(position: int) -> SyncEvent:
    return SyncEvent.objects.get(pk=position)


def test_the_history_has_every_kind() -> None:
    kinds = set(SyncEvent.objects.values_list("kind", flat=True))
    assert kinds == CURRENT_VERSION.keys()


ORM: dict[str, Callable[[], Any]] = {
    "save": lambda: a_copy(2).save(),
    "save of one field": lambda: a_copy(2).save(update_fields=["code"]),
    "delete": lambda: a_copy(2).delete(),
    "delete of the last": lambda: SyncEvent.objects.order_by("position").last().delete(),
    "update": lambda: SyncEvent.objects.filter(pk=2).update(kind="x"),
    "update of all": lambda: SyncEvent.objects.update(person="somebody else"),
    "update to the same": lambda: SyncEvent.objects.filter(pk=2).update(kind="started"),
    "update_or_create": lambda: SyncEvent.objects.update_or_create(pk=2, defaults={"kind": "x"}),
    "bulk_update": lambda: SyncEvent.objects.bulk_update([a_copy(2)], ["kind"]),
    "delete of all": lambda: SyncEvent.objects.all().delete(),
    "raw delete": lambda: SyncEvent.objects.all()._raw_delete("default"),
    "create again": lambda: SyncEvent.objects.create(**row_values(2)),
    "bulk_create again": lambda: SyncEvent.objects.bulk_create([a_copy(2)]),
    "bulk_create that ignores": lambda: SyncEvent.objects.bulk_create(
        [a_copy(2)], ignore_conflicts=True
    ),
    "bulk_create that updates": lambda: SyncEvent.objects.bulk_create(
        [a_copy(2)], update_conflicts=True, update_fields=["kind"], unique_fields=["position"]
    ),
    "bulk_create with a gap": lambda: SyncEvent.objects.bulk_create(
        [SyncEvent(**row_values(2) | {"position": log.head().position + 2})]
    ),
}


def row_values(position: int) -> dict[str, Any]:
    return SyncEvent.objects.filter(pk=position).values().get()


@pytest.mark.parametrize("way", ORM)
def test_the_orm(way: str) -> None:
    with refused():
        ORM[way]()


EVERYWHERE = {
    "update": f"UPDATE {TABLE} SET kind = 'x' WHERE position = 2",
    "update of the position": f"UPDATE {TABLE} SET position = 1000 WHERE position = 2",
    "update of all": f"UPDATE {TABLE} SET data = '{{}}'",
    "update from a query": f"UPDATE {TABLE} SET hash = (SELECT hash FROM syncengine_loghead)",
    "update from another table": (
        f"UPDATE {TABLE} SET kind = 'x' FROM syncengine_loghead AS head"
        f" WHERE {TABLE}.position < head.position"
    ),
    "update that returns": f"UPDATE {TABLE} SET code = 'x' WHERE position = 2 RETURNING hash",
    "insert from a query": f"INSERT INTO {TABLE} SELECT * FROM {TABLE} WHERE position = 2",
    "delete": f"DELETE FROM {TABLE} WHERE position = 2",
    "delete that returns": f"DELETE FROM {TABLE} WHERE position = 2 RETURNING *",
    "delete with a query before it": (
        f"WITH bad AS (SELECT 2 AS position) DELETE FROM {TABLE}"
        f" WHERE position IN (SELECT position FROM bad)"
    ),
    "delete of the tail": f"DELETE FROM {TABLE} WHERE position > 5",
    "delete of all": f"DELETE FROM {TABLE}",
}
SQLITE = {
    "update or replace": f"UPDATE OR REPLACE {TABLE} SET position = 1 WHERE position = 2",
    "update or ignore": f"UPDATE OR IGNORE {TABLE} SET position = 1 WHERE position = 2",
    "update of the rowid": f"UPDATE OR REPLACE {TABLE} SET rowid = 1 WHERE position = 2",
    "replace from a query": f"REPLACE INTO {TABLE} SELECT * FROM {TABLE} WHERE position = 2",
}
POSTGRESQL = {
    "truncate": f"TRUNCATE {TABLE}",
    "truncate with all that hangs on it": f"TRUNCATE {TABLE}, syncengine_loghead CASCADE",
    "update of nothing": f"UPDATE {TABLE} SET kind = 'x' WHERE false",
    "delete of nothing": f"DELETE FROM {TABLE} WHERE false",
    "delete by merging": (
        f"MERGE INTO {TABLE} USING syncengine_loghead ON true WHEN MATCHED THEN DELETE"
    ),
    "update by merging": (
        f"MERGE INTO {TABLE} AS log USING syncengine_loghead ON log.position = 2"
        " WHEN MATCHED THEN UPDATE SET kind = 'x'"
    ),
    "insert by merging": (
        f"MERGE INTO {TABLE} AS log USING {TABLE} AS old ON log.position = old.position + 1000"
        " WHEN NOT MATCHED THEN INSERT (position, kind, version, at, data, previous_hash, hash,"
        " code, person) VALUES (old.position + 1000, 'x', 1, now(), '{}', '', '', '', '')"
    ),
    "delete by means of another table": (
        f"DELETE FROM {TABLE} USING syncengine_loghead AS head"
        f" WHERE {TABLE}.position = head.position"
    ),
    "delete inside a query": (
        f"WITH gone AS (DELETE FROM {TABLE} RETURNING position) SELECT count(*) FROM gone"
    ),
    "truncate the log with its whole family": f"TRUNCATE ONLY {TABLE} RESTART IDENTITY CASCADE",
    "update in a block of code": f"DO $$ BEGIN UPDATE {TABLE} SET kind = 'x'; END $$",
}


STATEMENTS = EVERYWHERE | (POSTGRESQL if on_postgresql() else SQLITE)
only_postgresql = pytest.mark.skipif(not on_postgresql(), reason="PostgreSQL only")
only_sqlite = pytest.mark.skipif(on_postgresql(), reason="SQLite only")


@pytest.mark.parametrize("way", STATEMENTS)
def test_plain_sql(way: str) -> None:
    with refused():
        raw(STATEMENTS[way])


@only_postgresql
def test_a_session_that_calls_itself_a_replica() -> None:
    """Ordinary triggers do not fire for it."""
    for statement in STATEMENTS.values():
        with refused(), transaction.atomic():
            raw("SET LOCAL session_replication_role = replica")
            raw(statement)


@only_postgresql
def test_a_copy_of_rows_from_a_file() -> None:
    line = "\t".join(str(value) if value is not None else "\\N" for value in row_at(2).values())
    names = ", ".join(row_at(2))
    with (
        refused(),
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {TABLE} ({names}) FROM STDIN") as copying,
    ):
        copying.write(line + "\n")


@only_sqlite
def test_from_a_database_that_the_log_is_attached_to() -> None:
    """The triggers are the file's own, whoever opens it."""
    before = as_stored()
    with closing(sqlite3.connect(":memory:")) as elsewhere:
        elsewhere.execute("ATTACH DATABASE ? AS log", [connection.settings_dict["NAME"]])
        for statement in STATEMENTS.values():
            with pytest.raises(sqlite3.IntegrityError, match="the sync log"):
                elsewhere.execute(statement).fetchall()
    assert as_stored() == before


def test_emptying_the_tables_around_it_leaves_it_alone() -> None:
    before = as_stored()
    with transaction.atomic():
        for table in (
            "syncengine_syncoperation",
            "albums_albumversion",
            "syncengine_workerpresence",
        ):
            raw(f"TRUNCATE {table} CASCADE" if on_postgresql() else f"DELETE FROM {table}")
        assert as_stored() == before
        transaction.set_rollback(True)


SQLITE_INSERTS = [
    ("INSERT OR REPLACE INTO", ""),
    ("INSERT OR IGNORE INTO", ""),
    ("INSERT OR ROLLBACK INTO", ""),
    ("INSERT OR FAIL INTO", ""),
    ("REPLACE INTO", ""),
]
INSERTS = [
    ("INSERT INTO", ""),
    ("INSERT INTO", "ON CONFLICT DO NOTHING"),
    ("INSERT INTO", "ON CONFLICT (position) DO NOTHING"),
    ("INSERT INTO", "ON CONFLICT (position) DO UPDATE SET kind = 'x'"),
]
VERBS = INSERTS if on_postgresql() else [*INSERTS, *SQLITE_INSERTS]
MISPLACED = {
    "before the first": lambda head: 0,
    "negative": lambda head: -1,
    "the first again": lambda head: 1,
    "the head again": lambda head: head,
    "after a gap": lambda head: head + 2,
    "far away": lambda head: 2**62,
    "nowhere": lambda head: None,
}


@pytest.mark.parametrize(("verb", "ending"), VERBS)
@pytest.mark.parametrize("where", MISPLACED)
def test_an_insert_anywhere_but_next(verb: str, ending: str, where: str) -> None:
    with refused():
        insert(following(position=MISPLACED[where](log.head().position)), verb, ending)


@only_sqlite
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE INTO", "REPLACE INTO", "INSERT INTO"])
@pytest.mark.parametrize("name", ["rowid", "oid", "_rowid_"])
def test_replacing_an_event_by_its_hidden_rowid(verb: str, name: str) -> None:
    with refused():
        insert({name: 1} | following(), verb)


@pytest.mark.parametrize("offsets", [(1, 3), (1, 1), (2, 1), (1, 0)])
def test_several_rows_of_which_one_is_out_of_place(offsets: tuple[int, int]) -> None:
    head = log.head().position
    rows = [following(position=head + offset) for offset in offsets]
    places = ", ".join(f"({', '.join(['%s'] * len(row))})" for row in rows)
    values = [value for row in rows for value in row.values()]
    with refused():
        raw(f"INSERT INTO {TABLE} ({', '.join(rows[0])}) VALUES {places}", *values)


def test_a_whole_transaction_goes_with_the_refused_statement() -> None:
    with refused(), transaction.atomic():
        insert(following())
        raw(EVERYWHERE["delete"])


def test_flushing_the_database_fails() -> None:
    before = as_stored()
    with pytest.raises(CommandError):
        call_command("flush", interactive=False, verbosity=0)
    assert as_stored() == before


def test_the_stored_data_is_text_exactly_as_it_was_hashed() -> None:
    for row in SyncEvent.objects.all():
        assert isinstance(row.data, str)
        assert json.dumps(
            json.loads(row.data), sort_keys=True, ensure_ascii=False, separators=(",", ":")
        ) == (row.data)


def test_the_log_has_no_unique_constraint_besides_its_key() -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, TABLE)
    unique = [one["columns"] for one in found.values() if one["unique"] or one["primary_key"]]
    assert unique == [["position"]]
