"""What a failing database means: for a while it cannot be used, or the fault is ours.

A database that is gone, busy or full is no fault of ours: whatever was asked of it is tried again
later. Everything else that it refuses is a mistake, and keeps its traceback.
"""

import sqlite3
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, OperationalError


@dataclass(frozen=True)
class Outage:
    """Why the database cannot be used, in words, and when it is worth asking again."""

    code: str
    message: str
    remedy: str
    retry_after_s: int


GONE = Outage(
    "database-gone",
    "The database does not answer at the moment.",
    "Nothing is half-written. Try again in a moment; if it goes on, the server’s log has the"
    " reason.",
    retry_after_s=5,
)
BUSY = Outage(
    "database-busy",
    "The database is busy: another program holds its lock.",
    "Nothing is half-written. Try again in a moment; if it goes on, look for a backup or a program"
    " that keeps the database open for writing.",
    retry_after_s=15,
)
FULL = Outage(
    "storage-full",
    "The storage is full: the database can be read, but not written.",
    "Nothing is half-written. Free space where the database keeps its files, then try again. A sync"
    " that waits for it goes on by itself.",
    retry_after_s=60,
)
UNWRITABLE = Outage(
    "storage-unwritable",
    "The database cannot be written: its storage gives errors or is read-only.",
    "Nothing is half-written. Most often the storage is full, so free space where the database"
    " keeps its files; else look there for a read-only or a failing disk. A sync that waits for it"
    " goes on by itself.",
    retry_after_s=60,
)
LOG_MISSING = Outage(
    "log-missing",
    "The database has no log, or not all of its tables.",
    "Run manage.py migrate. If that does not help, restore the database from a backup.",
    retry_after_s=60,
)
LOG_CUT = Outage(
    "log-cut",
    "The log does not end where its head says: the database was changed by something else.",
    "Nothing can be recorded until that is mended. Run manage.py verifylog, and restore a backup.",
    retry_after_s=60,
)


class LogMissing(DatabaseError):
    """The one row that says where the log ends is not there."""


class LogCut(DatabaseError):
    """The newest event is not the one that the head names."""


BUSY_SQLITE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
# A full disk also shows as an I/O error, where SQLite makes its files beside the database longer.
UNWRITABLE_SQLITE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
LOCK_NOT_AVAILABLE, DEADLOCK = "55P03", "40P01"
DISK_FULL, IO_ERROR = "53100", "58030"
READ_ONLY = "25006"  # a standby; psycopg calls this one an InternalError
UNDEFINED_TABLE = "42P01"
IDLE_IN_TRANSACTION = "25P03"  # an InternalError, too


def outage_of(error: BaseException | None) -> Outage | None:
    """Why the database cannot be used for a while; None for every other error, or none."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return None
    sqlite_code = getattr(error.__cause__, "sqlite_errorcode", None)
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    # An extended code has the plain one in its lowest byte (https://www.sqlite.org/rescode.html).
    plain_code = None if sqlite_code is None else sqlite_code & 0xFF
    if plain_code == sqlite3.SQLITE_FULL or sqlstate == DISK_FULL:
        return FULL
    if plain_code in UNWRITABLE_SQLITE or sqlstate in (IO_ERROR, READ_ONLY):
        return UNWRITABLE
    if plain_code in BUSY_SQLITE or sqlstate in (LOCK_NOT_AVAILABLE, DEADLOCK):
        return BUSY
    if isinstance(error, LogCut):
        return LOG_CUT
    # SQLite tells this one only in words.
    no_table = plain_code == sqlite3.SQLITE_ERROR and str(error).startswith("no such table")
    if isinstance(error, LogMissing) or sqlstate == UNDEFINED_TABLE or no_table:
        return LOG_MISSING
    if plain_code == sqlite3.SQLITE_ERROR:
        return None  # SQL that is wrong; Django has the same exception for it
    if isinstance(error, OperationalError | InterfaceError) or sqlstate == IDLE_IN_TRANSACTION:
        return GONE
    return None


def in_a_line(error: BaseException) -> str:
    """The error for a log line: its name and what the database said."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
