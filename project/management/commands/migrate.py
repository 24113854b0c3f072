"""`manage.py migrate`: Django's, by one process at a time. Whoever comes first does it; the others
wait, and find nothing left to do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

LOCK = 0x67726F6F7665  # "groove": any number that nobody else takes in this database
LOOK_S = 0.2


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        # SQLite is for one machine, and one `serve` on it.
        alone = _alone(connection) if connection.vendor == "postgresql" else nullcontext()
        with alone:
            super().handle(*args, **options)


@contextmanager
def _alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Hold the lock until the block ends, or this process does.

    Looks now and then instead of waiting within a statement: that would meet `lock_timeout`, and
    an index that is built concurrently would wait for it in its turn.
    """
    try:
        while not _has_lock(connection):
            time.sleep(LOOK_S)
        yield
    finally:
        connection.close()  # ends the session, and the lock with it, whatever has happened


def _has_lock(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
