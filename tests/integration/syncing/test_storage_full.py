"""The database has no room for another album: the sync waits, longer each time, and fails none."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from django.db.backends.signals import connection_created

from syncengine import operations, results, worker
from tests.browser import sheets
from tests.demo import Demo
from tests.syncing import background_worker, current_operation, ends, events, eventually

ALBUMS = 20
ROOM_PAGES = 12
FIRST_WAIT_S = 0.4
FULL = psycopg.errors.DiskFull("no space left")


@contextmanager
def little_room() -> Iterator[Callable[[], None]]:
    """A database that may grow by so many pages only, and by one more for whoever connects anew,
    as the worker does after a refusal: so there is room to say why it waits before there is room
    for an album. Yields what takes the limit from those who connect from then on."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        limits = count(cursor.fetchone()[0] + ROOM_PAGES)

    def limit(connection: Any, **kwargs: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count={next(limits)}")

    connection_created.connect(limit)
    try:
        yield lambda: connection_created.disconnect(limit)
    finally:
        connection_created.disconnect(limit)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STORAGE_WAIT_S", FIRST_WAIT_S)


def test_a_database_that_may_not_grow_fails_no_album(database: str, demo: Demo) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("F12 storage full: only SQLite can be told how large it may become")
    demo.sheet(*sheets.rows(ALBUMS))
    operations.start("ann", "button")
    with little_room() as make_room, background_worker() as background:
        eventually(lambda: events("waiting"))
        make_room()
        # Its connection has the limit for as long as it lives.
        connected = background.worker._database
        asyncio.run_coroutine_threadsafe(connected(connections.close_all), background._loop)
        eventually(ends)
    assert (current_operation()["state"], current_operation()["synced"]) == ("completed", ALBUMS)
    assert events("album-failed") == []
    for event in events("waiting"):
        assert (event.data["service"], event.data["reason"]) == ("database", "storage")


def test_each_wait_that_was_in_vain_doubles_the_next(
    database: str, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = iter([FULL] * 4)
    synced = results.synced

    def refused(*args: Any) -> None:
        if error := next(refusals, None):
            raise OperationalError("full") from error
        synced(*args)

    monkeypatch.setattr(results, "synced", refused)
    demo.sheet(*sheets.rows(1))
    operations.start("ann", "button")
    with background_worker():
        eventually(ends)
    assert (current_operation()["state"], current_operation()["synced"]) == ("completed", 1)
    waits_s = [
        (datetime.fromisoformat(e.data["until"]) - datetime.fromisoformat(e.at)).total_seconds()
        for e in events("waiting")
    ]
    # Counted from the refusal, and said a moment later.
    assert waits_s == pytest.approx([FIRST_WAIT_S * 2**n for n in range(4)], abs=FIRST_WAIT_S)
