"""I11 while a test runs: looks each second whether somebody cares for the unfinished sync."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg

LOOK_S = 1.0
MAX_UNOWNED_S = 20.0
PATIENCE_S = 2.0  # of one look; a database that is away is looked at again
QUERY = """SELECT id, token, beat, state, waiting_until
FROM syncengine_syncoperation WHERE finished_at IS NULL"""


class Care:
    """Watches one database, on connections of its own, until it is ended.

    A sync is cared for while its owner beats, while its stored time to wake up is to come, and for
    `MAX_UNOWNED_S` after that; the time counts only while `has_worker()` says that a worker is up
    and the database answers. `complaints` tell when it was left alone for longer.
    """

    def __init__(self, url: str, has_worker: Callable[[], bool]) -> None:
        self.complaints: list[str] = []
        self.looks = 0  # at which there was an answer
        self._url = url
        self._has_worker = has_worker
        self._excused = 0
        self._seen: tuple[Any, ...] | None = None
        self._since = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    @contextmanager
    def excused(self) -> Iterator[None]:
        """Nobody can beat until the block ends: the database takes no writes."""
        self._excused += 1
        try:
            yield
        finally:
            self._excused -= 1

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_S):
            sight = self._look() if self._has_worker() and not self._excused else None
            if sight is None or sight != self._seen or _is_to_come(sight[-1]):
                self._seen, self._since = sight, time.monotonic()
            elif (alone_s := time.monotonic() - self._since) > MAX_UNOWNED_S:
                self.complaints.append(f"left alone for {alone_s:.0f} s: {sight}")

    def _look(self) -> tuple[Any, ...] | None:
        try:
            with closing(self._connect()) as connected:
                row = connected.execute(QUERY).fetchone()
        except (sqlite3.Error, psycopg.Error):
            return None
        self.looks += 1
        return row and tuple(row)

    def _connect(self) -> Any:
        if self._url.startswith("sqlite:///"):
            return sqlite3.connect(self._url.removeprefix("sqlite:///"), timeout=PATIENCE_S)
        return psycopg.connect(self._url, connect_timeout=int(PATIENCE_S))


def _is_to_come(until: datetime | str | None) -> bool:
    if until is None:
        return False
    moment = datetime.fromisoformat(until) if isinstance(until, str) else until
    return moment.replace(tzinfo=moment.tzinfo or UTC) > datetime.now(UTC)
