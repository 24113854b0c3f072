"""A worker that dies, stops or is overtaken: the same sync goes on from its log."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from syncengine import log, operations, presence
from syncengine.fanout import Bell
from syncengine.log import Appender, StaleToken
from syncengine.models import StoredSheet
from syncengine.operations import LeaseWatch
from tests.demo import Demo
from tests.sheets import BLUE, DARK_SIDE, DUMMY, RUMOURS, TRANSA, UNKNOWN, UNTRUE
from tests.syncing import (
    PATIENCE_S,
    background_worker,
    current_operation,
    ends,
    events,
    eventually,
    explained,
    in_catalog,
    outcomes,
    patient_watch,
    stored_operation,
    work_off,
)

Sync = Callable[..., dict[str, Any]]
BEFORE = [BLUE, DUMMY, RUMOURS, TRANSA, UNTRUE]
# One row is new, one fails, one has left.
SHEET = [*BEFORE[1:], DARK_SIDE, UNKNOWN]
OTHER_SHEET = [*BEFORE[1:], DARK_SIDE.replace("1973", "1974")]


class Death(BaseException):
    """What nothing in the product catches."""


@contextmanager
def dying_before_append(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process ends when it is about to append its `number`-th event."""
    left = number
    append = Appender.append

    def fatal(appender: Appender, *args: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise Death
        return append(appender, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Appender, "append", fatal)
        yield


@contextmanager
def dying_after_commit(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process ends when it is about to tell of its `number`-th commit."""
    left = number
    pull = Bell.pull

    def fatal(bell: Bell) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Death
        pull(bell)

    with monkeypatch.context() as patch:
        patch.setattr(Bell, "pull", fatal)
        yield


def work_until_death() -> None:
    try:
        work_off()
    except Death:
        return
    except BaseExceptionGroup as several:
        assert several.split(Death)[1] is None
        return
    pytest.fail("the worker came to its end; there are fewer events than that")


# Two appends before the sheet is accepted, ten after it.
@pytest.mark.parametrize(
    ("death", "number"),
    [(dying_before_append, number) for number in (1, 2, 3, 4, 5, 6, 8, 11, 12)]
    + [(dying_after_commit, number) for number in (2, 3, 5, 10)],
)
def test_another_worker_resumes_the_same_sync_with_the_same_sheet(
    sync: Sync, demo: Demo, monkeypatch: pytest.MonkeyPatch, death: Any, number: int
) -> None:
    demo.sheet(*BEFORE)
    sync()
    demo.sheet(*SHEET)
    demo.reset_calls()
    with explained():
        operation = operations.start("ann", "button", "refresh")
        with death(number, monkeypatch):
            work_until_death()
        accepted = StoredSheet.objects.exists()
        calls_before = album_calls(demo)
        done_before = len(events("album-synced"))
        if accepted:
            demo.sheet(*OTHER_SHEET)
        demo.reset_calls()
        monkeypatch.setattr(operations, "LEASE_S", 0.0)
        work_off()

    after = current_operation()
    assert after["id"] == operation["id"]
    assert ends() == ["completed"]
    counts = {name: after[name] for name in ("total", "synced", "failed", "added", "removed")}
    assert counts == {"total": 6, "synced": 5, "failed": 1, "added": 1, "removed": 1}
    assert len(outcomes()) == len(events("album-synced")) == 5
    assert in_catalog() == {"Dummy", "Rumours", "Transa", "Untrue", "The Dark Side of the Moon"}
    assert calls_before + album_calls(demo) <= 5 + (calls_before - done_before)
    assert not StoredSheet.objects.exists()
    numbers = [event.data["n"] for event in events("album-synced", "album-failed")]
    assert numbers == [1, 2, 3, 4, 5, 6]


def album_calls(demo: Demo) -> int:
    return sum(demo.calls()["by_endpoint"].get("GET /v1/albums/{id}", {}).values())


def test_a_dead_workers_sync_is_left_alone_until_its_lease_runs_out(
    sync: Sync, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.sheet(*BEFORE)
    operations.start("ann", "button")
    with dying_before_append(5, monkeypatch):
        work_until_death()
    position = log.head().position
    assert operations.claim("another", LeaseWatch()) is None  # it has only just looked
    assert log.head().position == position
    with explained():
        monkeypatch.setattr(operations, "LEASE_S", 0.0)
        work_off()
    assert [event.data["reason"] for event in events("resumed")] == ["lease-expired"]
    assert current_operation()["attempt"] == 2


def test_a_worker_told_to_stop_hands_over_at_once(sync: Sync, demo: Demo) -> None:
    demo.sheet(*BEFORE)
    demo.behave(hang="spotify")
    with explained():
        operations.start("ann", "button")
        with background_worker() as worker:
            eventually(lambda: demo.calls()["in_flight"])
            worker.stop()
        assert stored_operation().worker == ""
        assert ends() == []
        demo.behave(hang="off")
        work_off()
    assert [event.data["reason"] for event in events("resumed")] == ["handed-over"]
    assert ends() == ["completed"]
    assert presence.last_seen_at() is None


def test_a_worker_told_to_stop_while_it_claims_hands_over_at_once(
    sync: Sync, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.sheet(*BEFORE)
    claim, claimed, told = operations.claim, threading.Event(), threading.Event()

    def slowly(*args: Any) -> operations.Claim | None:
        taken = claim(*args)
        if taken is not None:
            claimed.set()
            assert told.wait(PATIENCE_S)
        return taken

    with explained():
        operations.start("ann", "button")
        with monkeypatch.context() as patch, background_worker() as worker:
            patch.setattr(operations, "claim", slowly)
            assert claimed.wait(PATIENCE_S)
            threading.Timer(0.2, told.set).start()
            worker.stop()
        assert stored_operation().worker == ""
        work_off()
    assert [event.data["reason"] for event in events("resumed")] == ["handed-over"]
    assert ends() == ["completed"]


def test_a_stale_worker_writes_nothing(sync: Sync, demo: Demo) -> None:
    operations.start("ann", "button")
    stale = operations.claim("stale", patient_watch())
    taken = operations.claim("other", patient_watch())
    assert stale is not None and taken is not None
    before = log.current_status()
    stage = {"stage": "sheet", "total": None, "sheet": None}
    for write in (
        lambda: operations.append(stale, "stage-started", stage),
        lambda: operations.beat(stale),
        lambda: operations.complete(stale),
        lambda: operations.wait_over(stale),
        lambda: operations.hand_over(stale),
    ):
        with pytest.raises(StaleToken):
            write()
    assert log.current_status() == before
    assert stored_operation().worker == "other"


def test_a_worker_that_was_overtaken_drops_what_it_was_doing(sync: Sync, demo: Demo) -> None:
    demo.sheet(*BEFORE)
    demo.behave(hang="spotify")
    with explained():
        operations.start("ann", "button")
        with background_worker():
            eventually(lambda: demo.calls()["in_flight"])
            assert operations.claim("other", patient_watch()) is not None
            before = log.current_status()
            demo.behave(hang="off")
            # It notices by its next beat, or by its next album.
            eventually(lambda: demo.calls()["in_flight"] == 0)
        assert log.current_status() == before
        assert stored_operation().worker == "other"


def test_two_workers_on_one_sync_do_every_album_once(sync: Sync, demo: Demo) -> None:
    demo.sheet(*BEFORE)
    demo.behave(latency_ms=50)
    with explained():
        operations.start("ann", "button")
        with background_worker(), background_worker():
            eventually(ends)
    assert len(outcomes()) == len(events("album-synced")) == 5
    assert len(events("started", "resumed")) == 1
