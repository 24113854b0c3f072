"""The watch over I11 sees a sync that is left alone, and complains of no other."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from syncengine import operations
from tests.faults import care
from tests.faults.care import Care
from tests.histories import begin
from tests.syncing import eventually

ALONE_S = 0.8


@pytest.fixture
def watching(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Care]]:
    monkeypatch.setattr(care, "LOOK_S", 0.05)
    monkeypatch.setattr(care, "MAX_UNOWNED_S", ALONE_S)
    monkeypatch.setattr(care, "PATIENCE_S", 0.1)
    made: list[Care] = []

    def watching(*workers: str) -> Care:
        made.append(Care(database, lambda: workers))
        return made[-1]

    yield watching
    for each in made:
        each.end()


def has_looked(watch: Care) -> bool:
    before = watch.looks
    return bool(eventually(lambda: watch.looks > before + 1.5 * ALONE_S / care.LOOK_S))


def test_it_complains_of_a_running_and_of_a_pending_sync(watching: Callable[..., Care]) -> None:
    claim = begin()
    watch = watching("w")
    eventually(lambda: watch.complaints)
    operations.complete(claim)
    operations.start("ann", "button")
    watch = watching("w")
    eventually(lambda: watch.complaints)


def test_it_complains_of_a_wait_that_is_over(watching: Callable[..., Care]) -> None:
    operations.park(begin(), timezone.now(), "spotify", "quota")
    watch = watching("w")
    eventually(lambda: watch.complaints)


def test_a_beat_a_stored_time_and_an_end_content_it(watching: Callable[..., Care]) -> None:
    claim, watch = begin(), watching("w")
    until = time.monotonic() + 1.5 * ALONE_S
    while time.monotonic() < until:
        operations.beat(claim)
        time.sleep(0.05)
    operations.park(claim, timezone.now() + timedelta(hours=1), "spotify", "quota")
    assert has_looked(watch)
    operations.cancel(claim.operation, "ann")
    assert has_looked(watch)
    assert watch.complaints == []


def test_without_a_worker_that_stays_it_says_nothing(database: str, watching: Any) -> None:
    begin()
    nobody = watching()
    passers_by = count()
    others = Care(database, lambda: [next(passers_by)])
    time.sleep(1.5 * ALONE_S)
    others.end()
    assert (nobody.complaints, others.complaints) == ([], [])


def test_while_nobody_can_write_it_says_nothing(database: str, watching: Any) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a lock of the whole database: the database is PostgreSQL")
    begin()
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        watch = watching("w")
        time.sleep(1.5 * ALONE_S)
        assert watch.complaints == []
    eventually(lambda: watch.complaints)
