"""Which errors mean that the database cannot be used for a while, and how a log tells of one."""

import logging
import sqlite3
from collections.abc import Callable

import psycopg.errors
import pytest
import redis.exceptions
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)

from project.logs import OneLineFormatter, OutagesInALine
from syncengine.outages import (
    BUSY,
    FULL,
    GONE,
    LOG_MISSING,
    UNWRITABLE,
    LogMissing,
    Outage,
    outage_of,
)


def caused(error: Exception, cause: Exception) -> Exception:
    """As Django raises it, from the driver's own."""
    error.__cause__ = cause
    return error


def sqlite(code: int, text: str = "") -> Exception:
    cause = sqlite3.OperationalError(text)
    cause.sqlite_errorcode = code
    return caused(OperationalError(text), cause)


def postgresql(cause: type[psycopg.Error], kind: Callable[[str], Exception]) -> Exception:
    return caused(kind(""), cause(""))


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (sqlite(sqlite3.SQLITE_FULL), FULL),
        (sqlite(sqlite3.SQLITE_IOERR_WRITE), UNWRITABLE),
        (sqlite(sqlite3.SQLITE_READONLY), UNWRITABLE),
        (sqlite(sqlite3.SQLITE_BUSY), BUSY),
        (sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), BUSY),
        (sqlite(sqlite3.SQLITE_CANTOPEN), GONE),
        (sqlite(sqlite3.SQLITE_ERROR, "no such table: syncengine_loghead"), LOG_MISSING),
        (sqlite(sqlite3.SQLITE_ERROR, "no such column: albun"), None),
        (postgresql(psycopg.errors.DiskFull, OperationalError), FULL),
        (postgresql(psycopg.errors.IoError, OperationalError), UNWRITABLE),
        (postgresql(psycopg.errors.ReadOnlySqlTransaction, InternalError), UNWRITABLE),
        (postgresql(psycopg.errors.LockNotAvailable, OperationalError), BUSY),
        (postgresql(psycopg.errors.DeadlockDetected, OperationalError), BUSY),
        (postgresql(psycopg.errors.AdminShutdown, OperationalError), GONE),
        (postgresql(psycopg.errors.TooManyConnections, OperationalError), GONE),
        (postgresql(psycopg.errors.IdleInTransactionSessionTimeout, InternalError), GONE),
        (postgresql(psycopg.errors.UndefinedTable, ProgrammingError), LOG_MISSING),
        (postgresql(psycopg.errors.UndefinedColumn, ProgrammingError), None),
        (postgresql(psycopg.errors.UniqueViolation, IntegrityError), None),
        (postgresql(psycopg.OperationalError, OperationalError), GONE),
        (InterfaceError("connection already closed"), GONE),
        (LogMissing("no head"), LOG_MISSING),
        (DatabaseError("malformed"), None),
        (OSError("no space left"), None),
        (None, None),
    ],
    ids=repr,
)
def test_what_an_error_means(error: Exception | None, outage: Outage | None) -> None:
    assert outage_of(error) is outage


def told(error: Exception) -> str:
    """The line, or lines, that a log has of it."""
    record = logging.makeLogRecord(
        {
            "name": "django.request",
            "levelname": "ERROR",
            "msg": "Service Unavailable: %s",
            "args": ("/%s",),
            "exc_info": (type(error), error, None),
        }
    )
    assert OutagesInALine().filter(record)
    return OneLineFormatter().format(record)


def test_an_outage_is_one_line_of_the_log() -> None:
    line = told(OperationalError("server closed\nthe connection"))
    assert line.endswith(
        "WARNING django.request Service Unavailable: /%s:"
        " OperationalError: server closed the connection"
    )


def test_an_outage_of_the_channel_layer_is_one_line_too() -> None:
    line = told(redis.exceptions.ConnectionError("Connection reset by peer"))
    assert line.endswith(
        "WARNING django.request Service Unavailable: /%s: ConnectionError: Connection reset by peer"
    )
    assert "\n" not in line


def test_every_other_error_keeps_its_traceback() -> None:
    assert told(IntegrityError("twice")).count("\n") > 0
