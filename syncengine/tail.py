"""The newest events of the log, kept at hand and encoded once, and the frames made of them.

With them a browser that was away for a moment gets what it missed, and everybody else a snapshot,
without a query, however long the log is.
"""

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from syncengine.events import Event
from syncengine.projection import UNFINISHED_STATES, Status, apply

TAIL_EVENTS = 1000
TAIL_BYTES = 4 * 1024 * 1024
FRAME_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position, and the hash of the event there: equal hashes mean equal history."""

    position: int
    hash: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A message of events: what it follows, the position of its last one, and its text."""

    after: int
    position: int
    text: str
    size_bytes: int


class Tail:
    """The end of the log: the status there, and the events that led to it."""

    def __init__(self, status: Status, events: Iterable[Event]) -> None:
        """`status` is the one at the head; `events` lead up to it without a gap."""
        self.status = status
        self._events: deque[tuple[Cursor, str, int]] = deque()  # with its size in bytes
        self._bytes = 0
        self._snapshot: str | None = None  # encoded when somebody needs it
        self._before = self.head
        for index, event in enumerate(events):
            if index == 0:
                self._before = Cursor(event.position - 1, event.previous_hash)
            self._keep(event)

    @property
    def head(self) -> Cursor:
        return Cursor(self.status["position"], self.status["hash"])

    @property
    def is_unfinished(self) -> bool:
        operation = self.status["operation"]
        return operation is not None and operation["state"] in UNFINISHED_STATES

    def append(self, event: Event) -> None:
        """Take the next event; raises Gap where it is not the next one."""
        self.status = apply(self.status, event)
        self._snapshot = None
        self._keep(event)

    def begins_after(self, position: int) -> bool:
        """Whether events that follow `position` are no longer at hand."""
        return position < self._before.position

    def knows(self, cursor: Cursor) -> bool:
        """Whether the events after `cursor` are at hand, and its history is this one."""
        index = cursor.position - self._before.position
        if index == 0:
            return cursor == self._before
        return 0 < index <= len(self._events) and self._events[index - 1][0] == cursor

    def frames_after(self, position: int) -> list[Frame]:
        """Everything after `position`, which must be at hand."""
        frames: list[Frame] = []
        texts: list[str] = []
        size_bytes = 0
        for cursor, text, event_bytes in islice(
            self._events, position - self._before.position, None
        ):
            texts.append(text)
            size_bytes += event_bytes
            if size_bytes >= FRAME_BYTES or cursor == self.head:
                message = f'{{"type":"events","events":[{",".join(texts)}]}}'
                frames.append(Frame(position, cursor.position, message, size_bytes))
                position, texts, size_bytes = cursor.position, [], 0
        return frames

    def snapshot(self) -> str:
        if self._snapshot is None:
            head = {"position": self.head.position, "hash": self.head.hash}
            self._snapshot = encoded({"type": "snapshot", **head, "status": self.status})
        return self._snapshot

    def _keep(self, event: Event) -> None:
        text = encoded(event.as_json())
        size_bytes = len(text.encode())
        self._events.append((Cursor(event.position, event.hash), text, size_bytes))
        self._bytes += size_bytes
        while len(self._events) > TAIL_EVENTS or self._bytes > TAIL_BYTES:
            self._before, _, size_bytes = self._events.popleft()
            self._bytes -= size_bytes


def encoded(message: dict[str, Any]) -> str:
    """A message as compact JSON. Raises ValueError for a number that JSON does not have."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
