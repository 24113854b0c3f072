"""What somebody with the database in his hands can do to the log, and what it then looks like."""

import json
from typing import Any

from django.db import connection

from syncengine import triggers
from syncengine.events import chain_hash, instant
from syncengine.log import searched
from syncengine.models import LogHead, SyncEvent
from syncengine.triggers import TABLE

COLUMNS = (
    "position",
    "operation",
    "kind",
    "version",
    "at",
    "data",
    "previous_hash",
    "hash",
    "album",
    "code",
    "person",
)

# Data that no event can be read of, by what is wrong with it.
UNREADABLE = {
    "no JSON": "{not json",
    "no number": '{"a":NaN}',
    "a number beyond all": '{"a":1e999}',
    "too many digits": '{"a":' + "9" * 5000 + "}",
    "too deep": '{"a":' + "[" * 5000 + "]" * 5000 + "}",
    "half a character": '{"a":"\\ud800"}',
}


def on_postgresql() -> bool:
    return connection.vendor == "postgresql"


def raw(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run one statement in a connection as the product has it; returns its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return cursor.fetchall() if cursor.description else []


def as_stored() -> list[tuple[Any, ...]]:
    """Every row of the log, byte for byte and with its types."""
    if on_postgresql():
        return raw(f"SELECT CAST(t AS text) FROM {TABLE} t ORDER BY position")
    columns = ", ".join(f"quote({column})" for column in ("rowid", *COLUMNS))
    return raw(f"SELECT {columns} FROM {TABLE} ORDER BY position")


def drop_triggers() -> None:
    for name in set(triggers._wanted()) - set(triggers.missing()):
        raw(f"DROP TRIGGER {name}" + (f" ON {TABLE}" if on_postgresql() else ""))


def rewrite(position: int, data: str) -> None:
    """Put other data into an event, and put the triggers back."""
    drop_triggers()
    raw(f"UPDATE {TABLE} SET data = %s WHERE position = %s", data, position)
    triggers.install()


def insert(row: dict[str, Any], verb: str = "INSERT INTO", ending: str = "") -> None:
    """Insert a row as it is; `verb` and `ending` are what SQL puts around it."""
    names = ", ".join(row)
    places = ", ".join(["%s"] * len(row))
    raw(f"{verb} {TABLE} ({names}) VALUES ({places}) {ending}", *row.values())


def row_at(position: int) -> dict[str, Any]:
    """The columns of an event as SQL has them."""
    (values,) = raw(f"SELECT {', '.join(COLUMNS)} FROM {TABLE} WHERE position = %s", position)
    return dict(zip(COLUMNS, values, strict=True))


def forge(position: int, data: str) -> None:
    """Put other JSON in the place of an event's data as a careful forger would: with the search
    columns that belong to it, and with every hash from there on. Its triggers are gone by now."""
    album, code, person = searched(json.loads(data))
    columns = {"data": data, "album": album, "code": code, "person": person}
    SyncEvent.objects.filter(pk=position).update(**columns)
    digest = SyncEvent.objects.get(pk=position).previous_hash
    for row in SyncEvent.objects.filter(pk__gte=position).order_by("position"):
        before, operation = digest, row.operation and str(row.operation)
        digest = chain_hash(
            before, row.pk, operation, row.kind, row.version, instant(row.at), row.data
        )
        SyncEvent.objects.filter(pk=row.pk).update(previous_hash=before, hash=digest)
    LogHead.objects.update(hash=digest)
