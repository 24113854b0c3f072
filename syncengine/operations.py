"""The life of an operation, in this order: start, claim, beat, park or hand over, cancel, end.

Each step that appends decides and writes in one transaction that holds the head of the log, so of
several processes that try the same step one succeeds and the others see that it has happened.
Whatever ends an operation writes a checkpoint after its commit.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db.models import F
from django.utils import timezone

from albums.sources.errors import SyncError
from syncengine import checkpoints, log
from syncengine.events import InvalidEvent, instant
from syncengine.log import Appender, Fence, StaleToken
from syncengine.models import StoredSheet, SyncOperation, UnconfirmedRemoval
from syncengine.projectors import COUNTS

BEAT_S = 2.0
LEASE_S = 10.0  # without a beat, seen by one observer on its own monotonic clock
ALBUMS_A_WRITE = 500
MAX_RETRY_KEYS = 500  # so that a request stays within the size of an event

Mode = Literal["full", "refresh", "retry"]
Trigger = Literal["button", "api", "command", "schedule", "retry", "confirm"]


class AlreadyUnfinished(Exception):
    """Another operation has not finished; `operation` is its part of the status."""

    def __init__(self, operation: dict[str, Any]) -> None:
        super().__init__("A sync is already unfinished.")
        self.operation = operation


class TooManyKeys(ValueError):
    """A retry names more rows than one event can."""


class UnknownOperation(LookupError):
    """No operation has this id."""


@dataclass(frozen=True)
class Claim:
    """A worker's hold on an operation."""

    fence: Fence
    status: dict[str, Any]  # the status right after the claim
    waited_for: str | None  # the service that the operation was waiting for until now

    @property
    def operation(self) -> str:
        return self.fence.operation

    @property
    def worker(self) -> str:
        return self.fence.worker


def start(
    by: str,
    trigger: Trigger,
    mode: Mode = "full",
    keys: Sequence[str] = (),
    confirm: str | None = None,
) -> dict[str, Any]:
    """Ask for a sync; returns its part of the status.

    `keys` are the rows that a retry is about. `confirm` is the SHA-256 of the sheet over which the
    newest sync stopped. Raises AlreadyUnfinished, InvalidEvent, TooManyKeys.
    """
    if (mode == "retry") != bool(keys):
        raise InvalidEvent("A retry names rows, and nothing else does.")
    if len(keys) > MAX_RETRY_KEYS:
        raise TooManyKeys(
            f"{len(keys)} rows are more than one retry takes ({MAX_RETRY_KEYS}); sync all instead."
        )
    with log.appending() as appender:
        if SyncOperation.objects.filter(finished_at__isnull=True).exists():
            raise AlreadyUnfinished(appender.status["operation"])
        UnconfirmedRemoval.objects.all().delete()
        scope = {"mode": mode, "keys": list(keys), "confirm": confirm}
        data = {"by": by, "trigger": trigger, "scope": scope}
        appender.append("requested", data, str(uuid.uuid4()))
        return _operation(appender)


@dataclass
class LeaseWatch:
    """Sees whether an owner still beats, by this observer's own monotonic clock, so that no jump
    of a wall clock can take an operation from its owner."""

    clock: Callable[[], float] = time.monotonic  # seconds
    _seen: tuple[str, int, int] | None = field(default=None, init=False)
    _since: float = field(default=0.0, init=False)

    def has_run_out(self, operation: SyncOperation) -> bool:
        return self.age_s(operation) >= LEASE_S

    def age_s(self, operation: SyncOperation) -> float:
        """For how long the owner has not been seen to beat."""
        sight = (str(operation.pk), operation.token, operation.beat)
        if sight != self._seen:
            self._seen, self._since = sight, self.clock()
        return self.clock() - self._since


def claim(worker: str, watch: LeaseWatch) -> Claim | None:
    """Take the unfinished operation if nobody works on it and it is its time; else None."""
    unfinished = unfinished_one()
    if unfinished is None or not _claimable(unfinished, watch, timezone.now()):
        return None
    with log.appending() as appender:
        before = _operation(appender)
        # The token is the number of the attempt, so that the head of the log, which every append
        # has in its hands, names the owner.
        token = before["attempt"] + 1
        # The same owner and token as just seen, else somebody was first.
        taken = SyncOperation.objects.filter(
            pk=unfinished.pk,
            finished_at__isnull=True,
            token=unfinished.token,
            beat=unfinished.beat,
            worker=unfinished.worker,
            state=unfinished.state,
        ).update(worker=worker, token=token)
        if not taken:
            return None
        operation = str(unfinished.pk)
        data = {"worker": worker, "attempt": token}
        if unfinished.state == "pending":
            appender.append("started", data, operation)
        else:
            data["reason"] = _resume_reason(unfinished)
            appender.append("resumed", data, operation)
        fence = Fence(operation, token, worker)
        return Claim(fence, appender.status, before["waiting_service"])


def unfinished_one() -> SyncOperation | None:
    """The operation that has not finished, with its lease."""
    # Not by the primary key, as `first` orders by itself: SQLite would read every operation.
    return SyncOperation.objects.filter(finished_at__isnull=True).order_by("catalog").first()


def is_owned() -> bool:
    """Whether some worker has the unfinished operation, alive or not."""
    unfinished = SyncOperation.objects.filter(finished_at__isnull=True)
    return unfinished.exclude(worker="").exists()


def _claimable(operation: SyncOperation, watch: LeaseWatch, now: datetime) -> bool:
    if operation.worker and not watch.has_run_out(operation):
        return False
    return operation.waiting_until is None or operation.waiting_until <= now


def _resume_reason(operation: SyncOperation) -> str:
    if operation.state == "waiting":
        return "wait-over"
    return "lease-expired" if operation.worker else "handed-over"


def beat(claim: Claim) -> None:
    """Renew the lease. Raises StaleToken where the operation has ended, cancelled by somebody, or
    has another owner."""
    owned = SyncOperation.objects.filter(
        pk=claim.operation,
        token=claim.fence.token,
        worker__in=(claim.worker, ""),  # none where it has just been parked or handed over
        finished_at__isnull=True,
    )
    if owned.update(beat=F("beat") + 1) != 1:
        raise StaleToken(f"operation {claim.operation} left token {claim.fence.token} behind")


def append(claim: Claim, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Append one event as the operation's owner; returns the status after it."""
    with log.appending(claim.fence) as appender:
        appender.append(kind, data, claim.operation)
        return appender.status


def wait_over(claim: Claim) -> None:
    """Say that the owner goes on after a wait that it sat out."""
    with log.appending(claim.fence) as appender:
        status = _operation(appender)
        if status["state"] == "waiting":
            again = {"worker": claim.worker, "attempt": status["attempt"], "reason": "wait-over"}
            appender.append("resumed", again, claim.operation)


def park(claim: Claim, until: datetime, service: str, reason: str) -> None:
    """Let the operation wait until a stored time, with no worker held."""
    with log.appending(claim.fence) as appender:
        data = {"until": instant(until), "service": service, "reason": reason}
        appender.append("waiting", data, claim.operation)
        _release(claim)


def hand_over(claim: Claim) -> None:
    """Give the operation back at once, for whichever worker is next; for a worker that stops."""
    with log.appending(claim.fence):
        _release(claim)


def cancel(operation: str, by: str) -> dict[str, Any]:
    """End an operation because somebody asked for it; returns its part of the status. On one that
    has ended this changes nothing.

    It ends here, whoever owns it and whether the owner is alive or not: what the owner has under
    way is refused by the fence, each album is stored whole or not at all, and the owner stops at
    its next beat. Raises UnknownOperation.
    """
    with log.appending() as appender:
        stored = SyncOperation.objects.filter(pk=operation).first()
        if stored is None:
            raise UnknownOperation(operation)
        if stored.finished_at is None:
            appender.append("cancel-requested", {"by": by}, operation)
            status = _operation(appender)
            counts = {name: status[name] for name in ("total", "synced", "failed")}
            appender.append("cancelled", {"by": by, **counts}, operation)
            _forget_sheets()
        status = _operation(appender)
    checkpoints.record()
    return status


def complete(claim: Claim) -> None:
    """End the operation as its owner, with or without failed albums."""
    with log.appending(claim.fence) as appender:
        status = _operation(appender)
        counts = {name: status[name] for name in COUNTS}
        counts["total"] = status["synced"] + status["failed"]
        appender.append("completed", counts, claim.operation)
        _forget_sheets()
    checkpoints.record()


def fail(claim: Claim, error: SyncError, would_archive: Sequence[str] = ()) -> None:
    """End the operation as its owner, because the sync as a whole could not go on.

    `would_archive` are the albums that it stopped over, to be shown to who may confirm it.
    """
    with log.appending(claim.fence) as appender:
        data = {
            "code": error.code,
            "message": error.message,
            "remedy": error.remedy,
            "details": error.details,
        }
        appender.append("failed", data, claim.operation)
        removals = [UnconfirmedRemoval(album=album) for album in would_archive]
        UnconfirmedRemoval.objects.bulk_create(removals, batch_size=ALBUMS_A_WRITE)
        _forget_sheets()
    checkpoints.record()


def _operation(appender: Appender) -> dict[str, Any]:
    operation: dict[str, Any] = appender.status["operation"]
    return operation


def _release(claim: Claim) -> None:
    SyncOperation.objects.filter(pk=claim.operation, token=claim.fence.token).update(worker="")


def _forget_sheets() -> None:
    StoredSheet.objects.all().delete()  # at most one operation is unfinished, and it just ended
