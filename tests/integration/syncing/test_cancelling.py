"""Cancelling in every unfinished state: exactly one end, and what was done stays done."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from syncengine import log, operations
from syncengine.log import StaleToken
from syncengine.models import StoredSheet
from syncengine.operations import Claim, LeaseWatch
from tests.demo import Demo
from tests.sheets import LINKED
from tests.syncing import (
    background_worker,
    current_operation,
    ends,
    events,
    eventually,
    explained,
    in_catalog,
    outcomes,
    patient_watch,
    work_off,
)

Sync = Callable[..., dict[str, Any]]
LATER = datetime(2099, 1, 1, tzinfo=UTC)


def test_a_pending_sync_ends_at_once(sync: Sync) -> None:
    with explained():
        operation = operations.start("ann", "button")
        assert operations.cancel(operation["id"], "bob")["state"] == "cancelled"
        work_off()
    assert [event.kind for event in events()] == ["requested", "cancel-requested", "cancelled"]
    assert current_operation()["cancel_requested_by"] == "bob"


def test_a_running_sync_ends_in_the_middle_of_a_call(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    demo.behave(hang="spotify")
    with explained():
        operation = operations.start("ann", "button")
        with background_worker():
            eventually(lambda: demo.calls()["in_flight"])
            assert operations.cancel(operation["id"], "bob")["state"] == "cancelled"
            eventually(lambda: demo.calls()["in_flight"] == 0)  # its worker has heard of it
    assert ends() == ["cancelled"]
    assert current_operation()["message"] == "Sync cancelled: 0/5 albums synced."
    assert not StoredSheet.objects.exists()


def test_a_sync_that_waits_a_moment_ends_and_keeps_what_it_did(
    sync: Sync, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncengine.tasks.ALBUMS_AT_ONCE", 1)
    demo.sheet(*LINKED)
    demo.behave(window="4:50")  # the refused batch call and three albums
    with explained():
        operation = operations.start("ann", "button")
        with background_worker():
            eventually(lambda: current_operation()["state"] == "waiting")
            operations.cancel(operation["id"], "bob")
    assert ends() == ["cancelled"]
    (end,) = events("cancelled")
    assert end.data == {"by": "bob", "total": 5, "synced": 3, "failed": 0}
    assert current_operation()["message"] == "Sync cancelled: 3/5 albums synced."
    assert in_catalog() == set(outcomes())


def test_a_parked_sync_ends_at_once(sync: Sync, demo: Demo) -> None:
    demo.behave(quota_exceeded=True)
    operation = sync()
    with explained():
        assert operations.cancel(operation["id"], "bob")["state"] == "cancelled"
    demo.reset_calls()
    work_off()
    assert ends() == ["cancelled"]
    assert demo.calls()["total"] == 0


def test_a_sync_whose_worker_died_ends_at_once(sync: Sync) -> None:
    with explained():
        operation = operations.start("ann", "button")
        dead = operations.claim("dead", patient_watch())
        assert dead is not None
        assert operations.cancel(operation["id"], "bob")["state"] == "cancelled"
    with pytest.raises(StaleToken):
        operations.complete(dead)  # should it live after all
    assert operations.claim("other", patient_watch()) is None
    assert ends() == ["cancelled"]


def test_a_worker_that_reads_its_sheet_when_it_is_cancelled_fails_nothing(
    sync: Sync, demo: Demo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    demo.behave(quota_exceeded=True)
    operation = sync()
    claim = operations.claim

    def cancelled_right_after(worker: str, watch: LeaseWatch) -> Claim | None:
        claimed = claim(worker, watch)
        if claimed is not None:
            operations.cancel(operation["id"], "bob")
        return claimed

    with monkeypatch.context() as patch, explained():
        patch.setattr(timezone, "now", lambda: LATER)
        patch.setattr(operations, "claim", cancelled_right_after)
        work_off()
    assert ends() == ["cancelled"]
    assert "unexpectedly" not in caplog.text


def test_a_sync_that_has_ended_stays_as_it_ended(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    operation = sync()
    before = log.current_status()
    assert operations.cancel(operation["id"], "bob")["state"] == "completed"
    assert log.current_status() == before


def test_after_a_cancelled_sync_another_one_goes_through(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    operations.cancel(operations.start("ann", "button")["id"], "bob")
    assert sync()["state"] == "completed"
