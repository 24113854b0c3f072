"""`python -m tests.faults.failing runworker sync`: the product's command, with failpoints in it.

`FAILPOINT=name:n:deed` does the deed when the point is reached for the n-th time; the name `any`
counts every point. Deeds: `kill` (as a power cut), `stop` (stand still, to be woken by SIGCONT; at
a point of the event loop while nothing is asked of the database), `raise`, `pause` (go on after
`PAUSE_S`, in the midst of whatever it is). `FAILPOINT_TRACE` is a file that takes the name of each
point that is reached.
`POISON` is the Spotify id of an album over which our own code fails, each time. `SOURCES` are
fields of `SourceSettings` as JSON: waits of half a minute, made short. `PATIENCE`: see
`tests.patience`.

The product knows nothing of this: its functions are wrapped here, in this process alone.
"""

import dataclasses
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import django

from tests import patience

POINTS = (
    "sheet-answer",
    "spotify-answer",
    "before-append",
    "before-commit",
    "after-commit",
    "ring",
    "checkpoint",
)
PAUSE_S = 1.0
IN_THE_EVENT_LOOP = ("sheet-answer", "spotify-answer", "ring")


class Failpoint:
    """Counts the points that are reached, and does its deed at one of them."""

    def __init__(self, wish: str, trace: str) -> None:
        self._name, self._number, self._deed = (wish or "none:0:none").split(":")
        self._trace = trace
        self._reached: Counter[str] = Counter()
        self.at_the_database = threading.Lock()  # held by a database thread during each job

    def __call__(self, name: str) -> None:
        assert name in POINTS
        if self._trace:
            with open(self._trace, "a") as trace:
                trace.write(f"{name}\n")
        self._reached.update((name, "any"))
        if self._name in (name, "any") and self._reached[self._name] == int(self._number):
            self._do(name)

    def _do(self, name: str) -> None:
        if self._deed == "raise":
            raise RuntimeError("a failpoint")
        if self._deed == "pause":
            time.sleep(PAUSE_S)
            return
        between = self._deed == "stop" and name in IN_THE_EVENT_LOOP
        with self.at_the_database if between else nullcontext():
            self._signal()

    def _signal(self) -> None:
        os.kill(os.getpid(), {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}[self._deed])


def install(reached: Failpoint) -> None:
    """Wrap the places where a worker can die, each around the step that it is named after."""
    from albums.sources.http import Answer, Http
    from syncengine import checkpoints, duties, fanout, log

    once, append, save = Http.once, log.Appender.append, log.Appender.save
    appending, ring, record = log.appending, fanout.ring, checkpoints.record
    on_connection = duties._on_connection

    async def answered(self: Http, method: str, url: Any, *args: Any, **kwargs: Any) -> Answer:
        answer = await once(self, method, url, *args, **kwargs)
        reached("sheet-answer" if "/spreadsheets/" in str(url) else "spotify-answer")
        return answer

    def appended(self: log.Appender, *args: Any) -> Any:
        reached("before-append")
        return append(self, *args)

    def saved(self: log.Appender) -> None:
        save(self)
        reached("before-commit")

    @contextmanager
    def committed(fence: log.Fence | None = None) -> Iterator[log.Appender]:
        with appending(fence) as appender:
            yield appender
        reached("after-commit")

    def asked(*args: Any) -> Any:
        with reached.at_the_database:
            return on_connection(*args)

    async def rung() -> None:
        reached("ring")
        await ring()

    def recorded() -> None:
        reached("checkpoint")  # the first time when the worker starts, then at each end
        record()

    Http.once = answered  # type: ignore[method-assign]
    log.Appender.append = appended  # type: ignore[method-assign]
    log.Appender.save = saved  # type: ignore[method-assign]
    log.appending = committed
    duties._on_connection = asked
    fanout.ring = rung
    checkpoints.record = recorded


def poison(spotify_id: str) -> None:
    """Let our own code fail over this album."""
    from albums.sources.sheet_rows import Row
    from albums.sources.spotify import SpotifyClient

    enrich = SpotifyClient.enrich

    async def poisoned(self: SpotifyClient, row: Row, known_id: str | None = None) -> Any:
        enriched = await enrich(self, row, known_id)
        if row.spotify_id == spotify_id:
            raise RuntimeError("a poisoned album")
        return enriched

    SpotifyClient.enrich = poisoned  # type: ignore[method-assign]


def set_sources(fields: dict[str, Any]) -> None:
    """Change settings of the sources for which the product has no environment variable."""
    from syncengine import worker

    given = worker.source_settings
    worker.source_settings = lambda: dataclasses.replace(given(), **fields)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    from django.core.management import call_command

    install(Failpoint(os.environ.get("FAILPOINT", ""), os.environ.get("FAILPOINT_TRACE", "")))
    poison(os.environ.get("POISON", ""))
    set_sources(json.loads(os.environ.get("SOURCES", "{}")))
    patience.install()
    call_command(*sys.argv[1:])


if __name__ == "__main__":
    main()
