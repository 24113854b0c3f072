"""Syncs in this process, each one checked: what it appended explains what it changed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

from syncengine import log, operations
from syncengine.projection import fold
from syncengine.rebuild import differences
from syncengine.verify import verify
from syncengine.worker import SyncWorker


def sync_now(by: str = "ann", **request: Any) -> dict[str, Any]:
    """Ask for a sync, run it, check it; returns its part of the status."""
    with explained():
        operations.start(by, request.pop("trigger", "button"), **request)
        work_off()
    operation: dict[str, Any] = log.current_status()["operation"]
    return operation


def work_off() -> None:
    """Let a worker do what there is to do."""
    asyncio.run(SyncWorker(until_idle=True).handle())


@contextmanager
def explained() -> Iterator[None]:
    """State before + events = state read afresh; an action whose events change nothing fails."""
    before = log.current_status()
    yield
    connections.close_all()
    events = log.events_after(before["position"], limit=100_000)
    after = log.current_status()
    assert events, "the action appended nothing"
    assert fold(events, before) == after
    assert after["operation"] != before["operation"], "the events changed nothing"
    assert list(differences()) == []
    report = verify()
    assert report.is_sound, report.problems
