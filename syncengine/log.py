"""The only door through which events are appended, and the plain reads of the log.

Everything that an event changes (catalog, operation, status) is projected from the event itself
in the same transaction, so a projection cannot say more or less than the log; `rebuild` folds it
again by other code and compares.
"""

import json
import logging
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from albums import by_key, catalog
from syncengine import metrics, projectors, subject
from syncengine.events import (
    Event,
    InvalidEvent,
    chain_hash,
    instant,
    validated,
    written,
)
from syncengine.models import EVENT_COLUMNS, LogHead, SyncEvent, event_of
from syncengine.outages import LogCut, LogMissing
from syncengine.projection import Status, apply
from syncengine.schemas import ALBUM_KINDS, OUTSIDE_OPERATIONS
from syncengine.triggers import OUT_OF_ORDER

logger = logging.getLogger("groovelog.log")

PAGE_EVENTS = 1000
NO_TEXT = "Could not decode to UTF-8"  # what SQLite's driver says of it
HEAD = 1  # the key of its one row


class StaleToken(Exception):
    """Another worker owns the operation by now: whoever gets this must stop and write nothing."""


@dataclass(frozen=True)
class Fence:
    """What a worker shows with each append: the operation that it owns, its fencing token, and its
    name: where a backup was restored, two may have the same token."""

    operation: str
    token: int
    worker: str


class Appender:
    """Appends events within one transaction, and knows the status after the newest of them."""

    def __init__(self, head: LogHead) -> None:
        self._head = head
        self.status: Status = head.current_status()
        self.appended: list[Event] = []
        self.catalog = catalog.Writer()

    def append(self, kind: str, data: dict[str, Any], operation: str | None) -> Event:
        """Append one event and project it; raises InvalidEvent, and the database's errors."""
        version, text = validated(kind, data, operation)
        self._check_place(kind, operation)
        at = timezone.now()
        position = self.status["position"] + 1
        previous_hash = self.status["hash"]
        event = Event(
            position=position,
            operation=operation,
            kind=kind,
            version=version,
            at=instant(at),
            data=json.loads(text),
            previous_hash=previous_hash,
            hash=chain_hash(previous_hash, position, operation, kind, version, instant(at), text),
        )
        row = SyncEvent(
            position=position,
            operation=operation and uuid.UUID(operation),
            kind=kind,
            version=version,
            at=at,
            data=text,
            previous_hash=previous_hash,
            hash=event.hash,
            **search_columns(event),
        )
        status = apply(self.status, event)
        follows = projectors.project(event, status, at, self.catalog)
        by_key.carry_out([by_key.insertion(row), *follows])
        self.status = status
        self.appended.append(event)
        return event

    def _check_place(self, kind: str, operation: str | None) -> None:
        """One operation at a time, from its request to its end, and nothing of it after that."""
        newest = self.status["operation"]
        unfinished = newest["id"] if newest and newest["finished_at"] is None else None
        if kind not in OUTSIDE_OPERATIONS and unfinished != (
            None if kind == "requested" else operation
        ):
            raise InvalidEvent(f"{kind} of {operation} while {unfinished} is the unfinished one")

    def save(self) -> None:
        position, digest = self.status["position"], self.status["hash"]
        text = written(self.status)
        by_key.carry_out([by_key.change(self._head, position=position, hash=digest, status=text)])


@contextmanager
def appending(fence: Fence | None = None) -> Iterator[Appender]:
    """A transaction that holds the head of the log, to read, decide and append in.

    With a fence, raises StaleToken where the operation has another owner by now or is finished.
    Raises LogCut where the newest event is not the one that the head names.
    """
    began = time.perf_counter()
    try:
        with transaction.atomic(durable=True):
            appender = Appender(_read_head(lock=True))
            if fence is not None:
                _require_owner(fence, appender.status["operation"])
            yield appender
            appender.save()
    except DatabaseError as error:
        if OUT_OF_ORDER in str(error):
            raise LogCut("the log does not end where its head says") from error
        raise
    _tell(appender.appended, time.perf_counter() - began)


def _require_owner(fence: Fence, newest: dict[str, Any] | None) -> None:
    """Raise StaleToken unless `newest`, the operation that the locked head tells of, is unfinished
    and the fence's."""
    if (
        newest is None
        or newest["finished_at"] is not None
        or Fence(newest["id"], newest["attempt"], newest["worker"]) != fence
    ):
        raise StaleToken(f"operation {fence.operation} left token {fence.token} behind")


def _tell(events: list[Event], seconds: float) -> None:
    """Count and log what is committed now. Albums are too many for a line each."""
    if events:
        metrics.appended((event.kind for event in events), seconds)
    for event in events:
        subject.note(event.operation, event.position)
        if event.kind not in ALBUM_KINDS:
            about = {"operation": event.operation, "position": event.position}
            logger.info("event %d: %s", event.position, event.kind, extra=about)


def search_columns(event: Event) -> dict[str, Any]:
    """The columns that stand beside an event's data, for searching."""
    album, code, person = searched(event.data)
    return {"album": album and uuid.UUID(album), "code": code, "person": person}


def searched(data: Mapping[str, Any]) -> tuple[str | None, str, str]:
    """What an event can be searched by: album, code and person."""
    return data.get("album"), data.get("code", ""), data.get("by", "")


def head() -> LogHead:
    """Position, hash and status at the end of the log, in one read. Raises LogMissing."""
    return _read_head()


def _read_head(*, lock: bool = False) -> LogHead:
    head = by_key.read(LogHead, HEAD, lock=lock)
    if head is None:
        raise LogMissing("the head of the log is missing")
    return head


def current_status() -> Status:
    return head().current_status()


def events_after(position: int, limit: int = PAGE_EVENTS) -> list[Event]:
    """At most `limit` events that follow `position`, in order."""
    return [event_of(row) for row in _rows_after(position, limit)]


def events_between(after: int, until: int) -> Iterator[Event]:
    """Every event after `after` up to `until`, read in pages and outside a transaction, so that a
    long read holds no lock."""
    while after < until:
        page = _rows_after(after, min(PAGE_EVENTS, until - after))
        if not page:
            return
        for row in page:  # one by one: the objects of a whole page take longer to make and to hold
            event = event_of(row)
            after = event.position
            yield event


def _rows_after(position: int, limit: int) -> list[tuple[Any, ...]]:
    """The rows as plain tuples: a long read would only lose time with models of them."""
    following = SyncEvent.objects.filter(position__gt=position).order_by("position")
    try:
        return list(following.values_list(*EVENT_COLUMNS)[:limit])
    except DatabaseError as error:
        if NO_TEXT in str(error):  # no outage, which it looks like: a row that somebody has changed
            raise ValueError("a column holds bytes that are no text") from error
        raise


def hash_at(position: int) -> str | None:
    """The hash of the event at `position` (the log's id at 0), None beyond the head."""
    if position == 0:
        return head().log_id
    return SyncEvent.objects.filter(pk=position).values_list("hash", flat=True).first()
