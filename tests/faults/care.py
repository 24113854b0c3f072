"""I11 while a test runs: looks each second whether somebody cares for the unfinished sync."""

import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Hashable
from contextlib import closing
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
    `MAX_UNOWNED_S` after that; the time counts only as long as the database takes writes and one
    of `workers()` is there all along. `complaints` tell when it was left alone for longer.
    """

    def __init__(self, url: str, workers: Callable[[], Collection[Hashable]]) -> None:
        self.complaints: list[str] = []
        self.looks = 0  # at which there was an answer
        self._url = url
        self._workers = workers
        self._there_since: dict[Hashable, float] = {}
        self._seen: tuple[Any, ...] | None = None
        self._seen_since = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_S):
            now = time.monotonic()
            self._there_since = {
                worker: self._there_since.get(worker, now) for worker in self._workers()
            }
            sight = self._look()
            if sight is None or sight != self._seen or _is_to_come(sight[-1]):
                self._seen, self._seen_since = sight, now
            alone_s = now - max(self._seen_since, min(self._there_since.values(), default=now))
            if alone_s > MAX_UNOWNED_S:
                self.complaints.append(f"left alone for {alone_s:.0f} s: {sight}")

    def _look(self) -> tuple[Any, ...] | None:
        """The unfinished sync; None where there is none, or nobody can write."""
        try:
            with closing(self._connect()) as connected:
                row = connected.execute(QUERY).fetchone()
        except (sqlite3.Error, psycopg.Error):
            return None
        self.looks += 1
        return row and tuple(row)

    def _connect(self) -> Any:
        if not self._url.startswith("sqlite:///"):
            return psycopg.connect(self._url, connect_timeout=int(PATIENCE_S))
        path = self._url.removeprefix("sqlite:///")
        connected = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)
        try:
            connected.execute("BEGIN IMMEDIATE")  # raises where somebody else holds the lock
        except sqlite3.Error:
            connected.close()
            raise
        return connected


def _is_to_come(until: datetime | str | None) -> bool:
    if until is None:
        return False
    moment = datetime.fromisoformat(until) if isinstance(until, str) else until
    return moment.replace(tzinfo=moment.tzinfo or UTC) > datetime.now(UTC)
