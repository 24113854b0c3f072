"""The rows of the log as the database has them, for whoever verifies or exports it.

Read as a model they would cost more than all that is done with them, and values that the product
spells otherwise would look the same.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from django.db import connection
from django.db.models import Expression, F, Func, QuerySet, TextField

from syncengine.models import SyncEvent

COLUMNS = (
    *("position", "operation", "kind", "version", "at", "data", "previous_hash", "hash"),
    *("album", "code", "person"),
)
Row = tuple[Any, ...]  # the values of COLUMNS

REMEMBERED = 8192  # UUIDs: more than most catalogs have albums


class Misspelled(ValueError):
    """A value that the product writes otherwise, so that no search finds it."""


class Spelling(Protocol):
    """How a database keeps what an event has as text. Both raise ValueError, TypeError or
    AttributeError for what is no such value."""

    uuid_sql: str  # what a column is read by
    at_sql: str

    def uuid(self, stored: Any) -> str | None:
        """An operation or an album as an event has it."""

    def instant(self, stored: Any) -> str:
        """A time as an event has it."""


class OnSqlite:
    """UUIDs and times are text, and other texts are read as the same value."""

    uuid_sql = "%(expressions)s"
    at_sql = "+%(expressions)s"  # a plus takes its type from the column, and no datetime is made

    @staticmethod
    @lru_cache(maxsize=REMEMBERED)
    def uuid(stored: Any) -> str | None:
        if stored is None:
            return None
        uuid = UUID(stored)
        if uuid.hex != stored:
            raise Misspelled(stored)
        return str(uuid)

    @staticmethod
    def instant(stored: Any) -> str:
        moment = datetime.fromisoformat(stored)
        text = moment.isoformat(" ", "microseconds")
        if stored != (text if moment.microsecond else text[:19]):
            raise Misspelled(stored)
        return f"{text[:10]}T{text[11:]}Z"


class OnPostgresql:
    """UUIDs and times have types, and one spelling only."""

    uuid_sql = "%(expressions)s::text"
    at_sql = "%(expressions)s AT TIME ZONE 'UTC'"

    @staticmethod
    def uuid(stored: str | None) -> str | None:
        return stored

    @staticmethod
    def instant(stored: datetime) -> str:
        return f"{stored.isoformat(timespec='microseconds')}Z"


def spelling() -> Spelling:
    """That of the database in use."""
    return OnPostgresql() if connection.vendor == "postgresql" else OnSqlite()


def rows(events: QuerySet[SyncEvent]) -> QuerySet[SyncEvent, Row]:
    """The rows of these events."""
    how = spelling()
    read = {"operation": how.uuid_sql, "at": how.at_sql, "album": how.uuid_sql}
    columns = (_raw(name, read[name]) if name in read else name for name in COLUMNS)
    return events.values_list(*columns)


def _raw(column: str, sql: str) -> Expression:
    return Func(F(column), template=sql, output_field=TextField())
