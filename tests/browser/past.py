"""Syncs of another time, appended by hand."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from syncengine import log
from syncengine.log import Appender

SCOPE = {"mode": "full", "keys": [], "confirm": None}
NOTHING = dict.fromkeys(
    ("total", "synced", "failed", "added", "updated", "unchanged", "removed"), 0
)


def ended(ago: timedelta) -> None:
    """A sync that ended then, with nothing to do."""
    with _appending(ago) as (appender, operation):
        _begin(appender, operation)
        appender.append("completed", NOTHING, operation)


def under_way(ago: timedelta) -> None:
    """A sync that was asked for and begun then, and that no worker holds now."""
    with _appending(ago) as (appender, operation):
        _begin(appender, operation)


def _begin(appender: Appender, operation: str) -> None:
    asked = {"by": "admin", "trigger": "button", "scope": SCOPE}
    appender.append("requested", asked, operation)
    appender.append("started", {"worker": "an earlier one", "attempt": 1}, operation)
    stage = {"stage": "sheet", "total": None, "sheet": None}
    appender.append("stage-started", stage, operation)


@contextmanager
def _appending(ago: timedelta) -> Iterator[tuple[Appender, str]]:
    then = datetime.now(UTC) - ago
    with patch("django.utils.timezone.now", lambda: then), log.appending() as appender:
        yield appender, str(uuid.uuid4())
