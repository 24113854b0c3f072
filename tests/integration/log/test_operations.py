"""The life of an operation: of several who try the same step, one succeeds."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from albums.sources.errors import NetworkError
from syncengine import log, operations, triggers
from syncengine.events import InvalidEvent
from syncengine.log import StaleToken
from syncengine.models import StoredSheet, SyncEvent, SyncOperation
from syncengine.operations import LEASE_S, AlreadyUnfinished, Claim, LeaseWatch
from syncengine.outages import LOG_CUT, LogCut, outage_of
from syncengine.rebuild import differences
from syncengine.schemas import END_KINDS
from syncengine.triggers import TABLE
from syncengine.verify import verify
from tests.concurrency import at_once, in_processes
from tests.histories import begin, stage
from tests.tampering import drop_triggers, insert, raw, row_at

pytestmark = pytest.mark.usefixtures("database")


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def watch(clock: Clock | None = None) -> LeaseWatch:
    return LeaseWatch(clock or Clock())


def kinds() -> list[str]:
    return [event.kind for event in log.events_after(0)]


def is_whole() -> None:
    """The log holds and explains every projection, and no operation has ended twice."""
    report = verify()
    assert report.is_sound, report.problems
    assert list(differences()) == []
    for operation in SyncOperation.objects.all():
        ends = SyncEvent.objects.filter(operation=operation.pk, kind__in=END_KINDS).count()
        assert ends == (operation.finished_at is not None)


def taken_over(claim: Claim) -> Claim:
    """The claim of another worker, after the lease has run out."""
    clock = Clock()
    watcher = watch(clock)
    assert operations.claim("worker-2", watcher) is None
    clock.now_s += LEASE_S
    again = operations.claim("worker-2", watcher)
    assert again is not None
    assert again.operation == claim.operation
    return again


# Start


def test_of_twenty_who_start_at_once_one_succeeds() -> None:
    results = at_once(*[partial(operations.start, f"p{n}", "button") for n in range(20)])
    (started,) = [result for result in results if isinstance(result, dict)]
    others = [result for result in results if isinstance(result, AlreadyUnfinished)]
    assert len(others) == 19
    assert {other.operation["id"] for other in others} == {started["id"]}
    assert kinds() == ["requested"]
    is_whole()


def test_of_four_processes_that_start_at_once_one_succeeds(database: str) -> None:
    script = """
try:
    operations.start("ann", "command")
    print("started")
except operations.AlreadyUnfinished:
    print("already")
"""
    printed = in_processes(database, script, 4)
    assert sorted(printed) == ["already\n"] * 3 + ["started\n"]
    assert kinds() == ["requested"]


def test_the_database_alone_refuses_a_second_unfinished_operation() -> None:
    row = {
        "state": "pending",
        "trigger": "button",
        "mode": "full",
        "requested_by": "ann",
        "requested_at": timezone.now(),
        "first_position": 1,
        "last_position": 1,
    }
    create = SyncOperation.objects.create
    create(id=uuid.uuid4(), **row | {"finished_at": timezone.now()})
    create(id=uuid.uuid4(), **row)
    with pytest.raises(IntegrityError):
        create(id=uuid.uuid4(), **row)
    with pytest.raises(IntegrityError):
        SyncOperation.objects.update(finished_at=None)
    assert SyncOperation.objects.count() == 2


@pytest.mark.parametrize("end", ["complete", "fail", "cancel"])
def test_after_each_end_one_can_start_again(end: str) -> None:
    claim = begin()
    match end:
        case "complete":
            operations.complete(claim)
        case "fail":
            operations.fail(claim, NetworkError())
        case _:
            operations.cancel(claim.operation, "bob")
    operations.start("ann", "button")
    is_whole()


def test_a_retry_names_rows_and_nothing_else_does() -> None:
    with pytest.raises(InvalidEvent):
        operations.start("ann", "retry", mode="retry")
    with pytest.raises(InvalidEvent):
        operations.start("ann", "button", keys=["a"])
    with pytest.raises(operations.TooManyKeys):
        operations.start("ann", "retry", mode="retry", keys=["a"] * 501)
    assert kinds() == []


# Claim


def test_of_ten_workers_that_claim_at_once_one_succeeds() -> None:
    operations.start("ann", "button")
    claims = at_once(*[partial(operations.claim, f"w{n}", watch()) for n in range(10)])
    (claim,) = [claim for claim in claims if claim is not None]
    assert isinstance(claim, Claim)
    assert kinds() == ["requested", "started"]
    assert claim.status["operation"]["worker"] == claim.worker
    assert claim.fence.token == 1
    is_whole()


def test_there_is_nothing_to_claim_before_a_request_and_after_the_end() -> None:
    assert operations.claim("w", watch()) is None
    operations.complete(begin())
    assert operations.claim("w", watch()) is None


def test_a_lease_is_as_old_as_the_last_beat_that_was_seen() -> None:
    claim = begin()
    clock = Clock()
    watcher = watch(clock)

    def age_s() -> float:
        return watcher.age_s(SyncOperation.objects.get())

    assert age_s() == 0
    clock.now_s += 12
    assert age_s() == 12
    operations.beat(claim)
    assert age_s() == 0


def test_a_lease_runs_out_after_ten_seconds_without_a_beat() -> None:
    claim = begin()
    clock = Clock()
    watcher = watch(clock)
    for seconds in (0, 9, 0.5):
        clock.now_s += seconds
        assert operations.claim("w2", watcher) is None
    operations.beat(claim)
    clock.now_s += 5
    assert operations.claim("w2", watcher) is None  # sees the beat only now
    clock.now_s += 9.5
    assert operations.claim("w2", watcher) is None
    clock.now_s += 0.5
    again = operations.claim("w2", watcher)
    assert again is not None
    assert again.fence.token == claim.fence.token + 1
    assert log.events_after(0)[-1].data == {
        "worker": "w2",
        "attempt": 2,
        "reason": "lease-expired",
    }
    is_whole()


def test_what_one_observer_has_seen_says_nothing_of_another_owner() -> None:
    claim = begin()
    clock = Clock()
    watcher = watch(clock)
    assert operations.claim("w2", watcher) is None
    clock.now_s += 9
    taken_over(claim)
    clock.now_s += 9
    assert operations.claim("w3", watcher) is None
    clock.now_s += 9.9
    assert operations.claim("w3", watcher) is None


def test_no_jump_of_the_wall_clock_takes_a_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    begin()
    watcher = watch()
    for days in (-400, 400):
        jumped = timezone.now() + timedelta(days=days)
        with monkeypatch.context() as patch:
            patch.setattr(timezone, "now", partial(_value, jumped))
            assert operations.claim("w2", watcher) is None


def _value(value: datetime) -> datetime:
    return value


def test_of_ten_observers_of_a_dead_owner_one_takes_over() -> None:
    begin()
    clock = Clock()
    watchers = [watch(clock) for _ in range(10)]
    for watcher in watchers:
        assert operations.claim("w", watcher) is None
    clock.now_s += LEASE_S
    claims = at_once(*[partial(operations.claim, f"w{n}", w) for n, w in enumerate(watchers)])
    assert len([claim for claim in claims if claim is not None]) == 1
    assert kinds() == ["requested", "started", "resumed"]
    is_whole()


def test_a_beat_and_a_take_over_at_once_leave_one_owner() -> None:
    for _ in range(5):
        claim = begin()
        clock = Clock()
        watcher = watch(clock)
        operations.claim("w2", watcher)
        clock.now_s += LEASE_S
        beaten, taken = at_once(
            partial(operations.beat, claim), partial(operations.claim, "w2", watcher)
        )
        if taken is None:
            assert beaten is None  # and not a refusal
            operations.complete(claim)
        else:
            with pytest.raises(StaleToken):
                operations.beat(claim)
            operations.complete(taken)
    is_whole()


def test_a_stale_owner_can_do_nothing_any_more() -> None:
    old = begin()
    new = taken_over(old)
    before = log.head().position
    acts: list[Any] = [
        operations.beat,
        operations.complete,
        operations.hand_over,
        operations.wait_over,
        lambda claim: operations.fail(claim, NetworkError()),
        lambda claim: operations.park(claim, timezone.now(), "spotify", "quota"),
        lambda claim: stage(claim, "sheet"),
    ]
    for act in acts:
        with pytest.raises(StaleToken):
            act(old)
    assert log.head().position == before
    assert SyncOperation.objects.get().worker == "worker-2"
    operations.complete(new)
    is_whole()


# Park, hand over


def test_a_wait_is_over_at_its_time_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    until = datetime.fromisoformat("2030-01-01T00:00:00.000001Z")
    operations.park(begin(), until, "spotify", "quota")
    assert log.current_status()["operation"]["waiting_until"] == "2030-01-01T00:00:00.000001Z"
    clock = Clock()
    for seconds in (-(10**6), -1, -0.000001):
        early = until + timedelta(seconds=seconds)
        monkeypatch.setattr(timezone, "now", partial(_value, early))
        clock.now_s += LEASE_S  # nobody holds it, yet it is not its time
        assert operations.claim("w2", watch(clock)) is None
    monkeypatch.setattr(timezone, "now", partial(_value, until))
    claim = operations.claim("w2", watch(clock))
    assert claim is not None
    assert log.events_after(0)[-1].data["reason"] == "wait-over"
    assert claim.status["operation"]["waiting_until"] is None
    assert claim.status["operation"]["state"] == "running"
    is_whole()


def test_an_operation_that_was_handed_over_is_claimed_at_once() -> None:
    operations.hand_over(begin())
    claim = operations.claim("w2", watch())
    assert claim is not None
    assert log.events_after(0)[-1].data == {
        "worker": "w2",
        "attempt": 2,
        "reason": "handed-over",
    }
    is_whole()


def test_an_owner_that_sat_a_wait_out_says_so_once() -> None:
    claim = begin()
    waiting = {"until": "2020-01-01T00:00:00.000000Z", "service": "google", "reason": "quota"}
    operations.append(claim, "waiting", waiting)
    operations.wait_over(claim)
    operations.wait_over(claim)
    assert kinds() == ["requested", "started", "waiting", "resumed"]
    is_whole()


# Cancel and end


def test_cancelling_what_nobody_works_on_ends_it() -> None:
    pending = operations.start("ann", "button")
    assert operations.cancel(pending["id"], "bob")["state"] == "cancelled"
    parked = begin()
    operations.park(parked, timezone.now() + timedelta(days=1), "spotify", "quota")
    assert operations.cancel(parked.operation, "bob")["state"] == "cancelled"
    is_whole()


def test_cancelling_again_or_after_the_end_changes_nothing() -> None:
    claim = begin()
    for who in ("bob", "eve"):
        assert operations.cancel(claim.operation, who)["cancel_requested_by"] == "bob"
    assert kinds().count("cancel-requested") == 1
    before = log.head().position
    operations.cancel(claim.operation, "eve")
    assert log.head().position == before
    with pytest.raises(operations.UnknownOperation):
        operations.cancel(str(uuid.uuid4()), "eve")
    is_whole()


def test_cancelling_ends_what_somebody_works_on_and_its_owner_can_do_nothing_more() -> None:
    claim = begin()
    assert operations.cancel(claim.operation, "bob")["state"] == "cancelled"
    for act in (operations.beat, operations.complete, operations.hand_over):
        with pytest.raises(StaleToken):
            act(claim)
    assert kinds() == ["requested", "started", "cancel-requested", "cancelled"]
    is_whole()


ENDS: dict[str, Any] = {
    "complete": operations.complete,
    "fail": lambda claim: operations.fail(claim, NetworkError()),
    "hand_over": operations.hand_over,
    "park": lambda claim: operations.park(claim, timezone.now(), "spotify", "quota"),
}


@pytest.mark.parametrize("end", ENDS)
def test_there_is_one_end_however_cancelling_and_ending_interleave(end: str) -> None:
    for _ in range(4):
        claim = begin()
        at_once(
            partial(ENDS[end], claim),
            partial(operations.cancel, claim.operation, "bob"),
            partial(operations.cancel, claim.operation, "eve"),
            partial(operations.complete, claim),
        )
        operations.cancel(claim.operation, "bob")
        assert SyncOperation.objects.get(pk=claim.operation).finished_at is not None
    is_whole()


def test_whoever_ends_it_first_decides_how() -> None:
    cancelled = begin()
    operations.cancel(cancelled.operation, "bob")
    with pytest.raises(StaleToken):
        operations.complete(cancelled)
    completed = begin()
    operations.complete(completed)
    assert operations.cancel(completed.operation, "bob")["state"] == "completed"
    is_whole()


def test_the_stored_sheet_is_forgotten_at_the_end() -> None:
    ends = ENDS | {"cancel": lambda claim: operations.cancel(claim.operation, "bob")}
    for end in ("complete", "fail", "cancel"):
        claim = begin()
        StoredSheet.objects.create(sha256="a" * 64, body=b"x")
        ends[end](claim)
        assert not StoredSheet.objects.exists()


@pytest.mark.parametrize("lost", ["the tail", "the place of the next"])
def test_a_log_that_ends_elsewhere_takes_nothing_and_says_so(lost: str) -> None:
    claim = begin()
    drop_triggers()
    if lost == "the tail":
        raw(f"DELETE FROM {TABLE} WHERE position > 1")
    else:
        insert(row_at(2) | {"position": 3})
    triggers.install()
    for act in (
        lambda: operations.cancel(claim.operation, "admin"),
        lambda: stage(claim, "sheet"),
    ):
        with pytest.raises(LogCut) as caught:
            act()
        assert outage_of(caught.value) is LOG_CUT
