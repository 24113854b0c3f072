"""The rows of the log as the database has them, for whoever verifies it.

A model would take other spellings for the same value, and making it would cost more than all that
is done with it.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from django.db import DatabaseError, connection

Row = tuple[Any, ...]  # with the columns of `Spelling.rows`

PAGE_EVENTS = 2000


class Misspelled(ValueError):
    """A value that the product writes otherwise, so that no search finds it."""


class Spelling(Protocol):
    """How a database keeps what an event has as text. Each one raises ValueError, TypeError or
    AttributeError for what is no such value."""

    rows: str  # SQL: after a position, up to one, at most so many

    def operation(self, stored: Any) -> str | None:
        """An operation as an event has it."""

    def instant(self, stored: Any) -> str:
        """A time as an event has it."""

    def album(self, text: str) -> str:
        """An album of an event as its column has it."""


class OnSqlite:
    """UUIDs and times are text, and other texts are read as the same value."""

    # A plus takes the type from a column, so that its text is not made a datetime.
    rows = """
        SELECT position, operation, kind, version, +at, data, previous_hash, hash, album, code,
            person
        FROM syncengine_syncevent WHERE position > %s AND position <= %s
        ORDER BY position LIMIT %s"""

    @staticmethod
    @lru_cache(maxsize=64)  # all events of a sync have the same
    def operation(stored: Any) -> str | None:
        if stored is None:
            return None
        operation = UUID(stored)
        if operation.hex != stored:
            raise Misspelled(stored)
        return str(operation)

    @staticmethod
    def instant(stored: Any) -> str:
        moment = datetime.fromisoformat(stored)
        text = moment.isoformat(" ", "microseconds")
        if stored != (text if moment.microsecond else text[:19]):
            raise Misspelled(stored)
        return f"{text[:10]}T{text[11:]}Z"

    @staticmethod
    def album(text: str) -> str:
        return text.replace("-", "")


class OnPostgresql:
    """UUIDs and times have types, and one spelling only."""

    rows = """
        SELECT position, operation::text, kind, version, at AT TIME ZONE 'UTC', data,
            previous_hash, hash, album::text, code, person
        FROM syncengine_syncevent WHERE position > %s AND position <= %s
        ORDER BY position LIMIT %s"""

    @staticmethod
    def operation(stored: str | None) -> str | None:
        return stored

    @staticmethod
    def instant(stored: datetime) -> str:
        return f"{stored.isoformat(timespec='microseconds')}Z"

    @staticmethod
    def album(text: str) -> str:
        return text


def spelling() -> Spelling:
    """That of the database in use."""
    return OnPostgresql() if connection.vendor == "postgresql" else OnSqlite()


def page(after: int, until: int) -> list[Row]:
    """The next rows after a position; where one cannot be read at all, those before it."""
    limit = PAGE_EVENTS
    while limit:
        try:
            with connection.cursor() as cursor:
                cursor.execute(spelling().rows, [after, until, limit])
                rows: list[Row] = cursor.fetchall()
                return rows
        except (ValueError, TypeError, DatabaseError):
            limit //= 2
    return []
