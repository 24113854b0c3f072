"""What a task is about at the moment, for the lines that it logs: which operation, and the newest
position that it has appended.

The two stand in one object that tasks and threads inherit together with their context, so that what
a thread of the database appends is known to whoever waits for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Subject:
    operation: str | None = None
    position: int | None = None


_subject: ContextVar[Subject | None] = ContextVar("subject", default=None)


@contextmanager
def about(operation: str | None, position: int | None = None) -> Iterator[None]:
    """Let what is logged within the block, and in whatever it starts, be about this operation."""
    before = _subject.set(Subject(operation, position))
    try:
        yield
    finally:
        _subject.reset(before)


def note(operation: str | None, position: int) -> None:
    """Say that this event was appended just now. Without effect outside of `about`."""
    if subject := _subject.get():
        subject.operation = operation or subject.operation
        subject.position = position


def current() -> Subject:
    """What is logged here and now is about this."""
    return _subject.get() or Subject()
