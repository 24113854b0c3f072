"""`?as-of=`: a moment of the past as people and programs write it, read strictly."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from frontend import words
from syncengine import log
from syncengine.http import HttpError
from syncengine.models import SyncOperation
from syncengine.moments import first_moment, position_at

MAX_LENGTH = 64
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# In an address a plus sign that nobody encoded arrives as a space.
_PLUS_LOST = re.compile(r"(T[0-9:.]+) ([0-9]{2}:?[0-9]{2})$")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
WAYS = (
    "Write a date (2026-11-03), a date and time (2026-11-03T14:02, in UTC unless it says otherwise)"
    " or the id of a sync."
)


@dataclass(frozen=True, slots=True)
class Past:
    """A moment that the catalog can be shown at: as it was `asked` for, in `words`, with the
    position that the log had then. `sync` is the sync at whose end it is, where one was named."""

    asked: str
    words: str
    at: datetime
    position: int
    sync: SyncOperation | None = None

    @property
    def day(self) -> str:
        """As a field for dates has it."""
        return self.at.astimezone(UTC).date().isoformat()


def read(asked: str, now: datetime) -> Past:
    """What `asked` means. Raises HttpError: 400 for what is no moment or lies ahead, 404 before the
    log begins and for an unknown sync, 409 for one that has not ended."""
    if len(asked) <= MAX_LENGTH and _UUID.fullmatch(asked):
        return _after_sync(asked)
    moment, phrase = _moment(asked, now)
    begins = first_moment()
    if begins is None:
        raise HttpError(
            404,
            "before-the-log",
            "There is no past yet: nothing was ever recorded.",
            "The catalog has a past from the first sync on.",
        )
    if moment < begins:
        raise HttpError(
            404,
            "before-the-log",
            f"There was no catalog yet: its log begins on {words.absolute(begins)}.",
            "Choose that moment or a later one.",
        )
    return Past(asked, phrase, moment, position_at(moment))


def _after_sync(asked: str) -> Past:
    sync = SyncOperation.objects.filter(pk=UUID(asked)).first()
    if sync is None:
        raise HttpError(
            404, "unknown-sync", "There is no such sync.", "Choose one from the history."
        )
    if sync.finished_at is None:
        raise HttpError(
            409,
            "unfinished-sync",
            "This sync has not ended, so there is no catalog after it yet.",
            "Wait for its end, or look at the catalog of today.",
        )
    phrase = f"when the sync of {words.absolute(sync.requested_at)} had ended"
    return Past(asked, phrase, sync.finished_at, sync.last_position, sync)


def _moment(asked: str, now: datetime) -> tuple[datetime, str]:
    """The moment, and how it is said. A date means the end of that day, today's means now."""
    try:
        if _DATE.fullmatch(asked):
            day = date.fromisoformat(asked)
            if day == now.date():
                return now, f"on {words.absolute(now)}"
            start = datetime.combine(day, time(), UTC)
            _require_past(start, now)
            end = start + timedelta(days=1, microseconds=-1)
            return end, f"at the end of {words.day(end)} (UTC)"
        moment = _with_time(asked)
    except (ValueError, OverflowError):
        raise _unreadable(asked) from None
    _require_past(moment, now)
    return moment, f"on {words.absolute(moment)}"


def _with_time(asked: str) -> datetime:
    if not asked.isascii() or len(asked) > MAX_LENGTH or "T" not in asked:
        raise ValueError(asked)
    moment = datetime.fromisoformat(_PLUS_LOST.sub(r"\1+\2", asked))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _require_past(moment: datetime, now: datetime) -> None:
    if moment > now:
        raise HttpError(
            400,
            "not-yet",
            f"That moment has not come yet: it is {words.absolute(now)}.",
            "Choose an earlier one, or look at the catalog of today.",
        )


def _unreadable(asked: str) -> HttpError:
    said = f"“{asked[:MAX_LENGTH]}” is no moment of the past." if asked else "No moment was given."
    return HttpError(400, "bad-moment", said, WAYS)


def head() -> int:
    """The position up to which today's catalog is made."""
    return log.head().position
