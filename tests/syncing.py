"""Syncs in this process, each one checked: what it appended explains what it changed."""

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

from albums.models import Album, AlbumVersion
from syncengine import history, log, operations
from syncengine.events import Event
from syncengine.models import SyncOperation
from syncengine.operations import LeaseWatch
from syncengine.projection import fold
from syncengine.rebuild import differences
from syncengine.verify import verify
from syncengine.worker import SyncWorker

PATIENCE_S = 20.0  # until something happens that is bound to


def sync_now(by: str = "ann", **request: Any) -> dict[str, Any]:
    """Ask for a sync, run it, check it; returns its part of the status."""
    with explained():
        operations.start(by, request.pop("trigger", "button"), **request)
        work_off()
    return current_operation()


def work_off() -> None:
    """Let a worker do what there is to do."""
    asyncio.run(SyncWorker(until_idle=True).handle())
    nothing_differs()


def nothing_differs() -> None:
    """What `rebuild` does: every projection is what the log alone makes of it."""
    connections.close_all()
    assert list(differences()) == []


class BackgroundWorker:
    """A worker with an event loop in a thread of its own, as in a process of its own."""

    def __init__(self) -> None:
        self.worker = SyncWorker()
        self.failure: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._handle())
            except asyncio.CancelledError:
                pass
            except BaseException as failure:
                self.failure = failure

    async def _handle(self) -> None:
        self._task = asyncio.current_task()
        await self.worker.handle()

    def stop(self) -> None:
        """Tell it to stop, as SIGTERM does, and wait until it has."""
        eventually(lambda: hasattr(self, "_task"))
        if self._thread.is_alive() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the worker did not stop"


@contextmanager
def background_worker() -> Iterator[BackgroundWorker]:
    """A worker beside the test, until the block ends."""
    worker = BackgroundWorker()
    try:
        yield worker
    finally:
        worker.stop()
    if worker.failure is not None:
        raise worker.failure
    nothing_differs()


def eventually(condition: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """Look again and again until `condition` holds; returns what it gave."""
    until = time.monotonic() + patience_s
    while not (result := condition()):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)
    return result


def patient_watch() -> LeaseWatch:
    """An observer that has looked at any lease for long enough to call it run out."""
    ticks = itertools.count(step=1000)
    return LeaseWatch(clock=lambda: float(next(ticks)))


def current_operation() -> dict[str, Any]:
    """The newest operation's part of the status."""
    operation: dict[str, Any] = log.current_status()["operation"]
    return operation


def stored_operation() -> SyncOperation:
    """The newest operation with its lease."""
    return SyncOperation.objects.order_by("-first_position")[0]


def events(*kinds: str) -> list[Event]:
    """The newest operation's events in order, of the given kinds only where there are any."""
    rows = history.events_of(current_operation()["id"], *kinds)
    return [row.as_event() for row in rows]


def ends() -> list[str]:
    """The kinds of the newest operation's ends: one, or none while it is unfinished."""
    return [event.kind for event in events("completed", "failed", "cancelled")]


def outcomes() -> dict[str, str]:
    """{title: outcome} of the albums that the newest operation synced one by one."""
    return {event.data["title"]: event.data["outcome"] for event in events("album-synced")}


def in_catalog() -> set[str]:
    """The titles that a visitor of the catalog sees."""
    return set(Album.objects.filter(archived=False).values_list("title", flat=True))


def everything_stored() -> list[dict[str, Any]]:
    """Every column of every album and version."""
    return [*Album.objects.order_by("pk").values(), *AlbumVersion.objects.order_by("pk").values()]


@contextmanager
def explained() -> Iterator[None]:
    """State before + events = state read afresh; an action whose events change nothing fails."""
    before = log.current_status()
    yield
    connections.close_all()
    new = log.events_after(before["position"], limit=100_000)
    after = log.current_status()
    assert new, "the action appended nothing"
    assert fold(new, before) == after
    assert after["operation"] != before["operation"], "the events changed nothing"
    nothing_differs()
    report = verify()
    assert report.is_sound, report.problems
