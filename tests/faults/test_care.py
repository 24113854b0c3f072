"""The watch over I11 sees a sync that is left alone, and complains of no other."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
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
    made: list[Care] = []

    def watching(has_worker: bool = True) -> Care:
        made.append(Care(database, lambda: has_worker))
        return made[-1]

    yield watching
    for each in made:
        each.end()


def has_looked(watch: Care) -> bool:
    before = watch.looks
    return bool(eventually(lambda: watch.looks > before + 1.5 * ALONE_S / care.LOOK_S))


def test_it_complains_of_a_running_and_of_a_pending_sync(watching: Callable[..., Care]) -> None:
    claim = begin()
    watch = watching()
    eventually(lambda: watch.complaints)
    operations.complete(claim)
    operations.start("ann", "button")
    watch = watching()
    eventually(lambda: watch.complaints)


def test_it_complains_of_a_wait_that_is_over(watching: Callable[..., Care]) -> None:
    operations.park(begin(), timezone.now(), "spotify", "quota")
    watch = watching()
    eventually(lambda: watch.complaints)


def test_a_beat_a_stored_time_and_an_end_content_it(watching: Callable[..., Care]) -> None:
    claim, watch = begin(), watching()
    until = time.monotonic() + 1.5 * ALONE_S
    while time.monotonic() < until:
        operations.beat(claim)
        time.sleep(0.05)
    operations.park(claim, timezone.now() + timedelta(hours=1), "spotify", "quota")
    assert has_looked(watch)
    operations.cancel(claim.operation, "ann")
    assert has_looked(watch)
    assert watch.complaints == []


def test_without_a_worker_and_while_nobody_can_write_it_says_nothing(
    watching: Callable[..., Care],
) -> None:
    begin()
    nobody, excused = watching(has_worker=False), watching()
    with excused.excused():
        time.sleep(1.5 * ALONE_S)
    assert (nobody.complaints, excused.complaints) == ([], [])
