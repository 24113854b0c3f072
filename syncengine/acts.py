"""What auditors do, recorded in the log that they read: it belongs to no sync."""

from typing import Literal

from syncengine import log
from syncengine.events import Event
from syncengine.models import SyncEvent

Act = Literal["exported", "verified"]
Result = dict[str, str | int | bool | None]


def record(act: Act, by: str, what: str, wanted: dict[str, str], result: Result) -> Event:
    """Append what somebody did, and what came of it. Raises the database's errors."""
    with log.appending() as appender:
        data = {"by": by, "what": what, "filter": wanted, "result": result}
        return appender.append(act, data, None)


def newest(act: Act, limit: int = 1) -> list[Event]:
    """The newest acts of a kind, the newest first."""
    rows = SyncEvent.objects.filter(kind=act).order_by("-position")[:limit]
    return [row.as_event() for row in rows]
