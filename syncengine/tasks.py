"""Working off the rows of a plan, several at once."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from math import inf
from time import monotonic

from albums.sources.errors import MustWait
from albums.sources.limiter import MAX_CALLS_IN_FLIGHT
from albums.sources.spotify import BATCH_IDS, SpotifyClient
from syncengine.plan import Task

# Twice as many as calls, since a new album takes two: then searches run ahead, and no place stays
# empty when the last albums come. And a few more, for while an album is stored.
ALBUMS_AT_ONCE = 2 * MAX_CALLS_IN_FLIGHT + 4
MAX_TRIES = 3  # of one album, where it is we who fail
FINISH_S = 20.0  # for calls that are under way when Spotify asks to wait: they are paid for


class Tasks:
    """Hands out the tasks in order, and lets Spotify fetch the next albums in one call where the
    app may do that."""

    def __init__(self, tasks: Iterable[Task], spotify: SpotifyClient) -> None:
        self._coming = iter(tasks)
        self._ready: deque[Task] = deque()
        self._again: deque[Task] = deque()
        self._tries: Counter[str] = Counter()
        self._spotify = spotify
        self._lock = asyncio.Lock()
        self._stopped = False

    async def next(self) -> Task | None:
        async with self._lock:
            if not self._ready and not self._stopped:
                self._ready.extend(islice(self._coming, BATCH_IDS))
                ids = [task.row.spotify_id or task.known_id for task in self._ready]
                await self._spotify.prefetch([spotify_id for spotify_id in ids if spotify_id])
            if self._stopped:
                return None
            queue = self._ready or self._again
            return queue.popleft() if queue else None

    def again(self, task: Task) -> bool:
        """Put a task back behind all others, unless it has been tried often enough."""
        self._tries[task.row.key] += 1
        if self._tries[task.row.key] >= MAX_TRIES:
            return False
        self._again.append(task)
        return True

    def stop(self) -> None:
        """Hand out nothing more."""
        self._stopped = True


async def work_off(tasks: Tasks, count: int, do: Callable[[Task], Awaitable[None]]) -> None:
    """Do every task, `count` or ALBUMS_AT_ONCE of them at a time.

    Raises the first error. Where it is a MustWait, what others have under way is finished first:
    those calls are made, and would else have to be made again.
    """

    async def worker() -> None:
        while task := await tasks.next():
            await do(task)

    everybody = [asyncio.create_task(worker()) for _ in range(min(ALBUMS_AT_ONCE, count))]
    try:
        await _ended(everybody, tasks)
    finally:
        for late in everybody:
            late.cancel()
        await asyncio.gather(*everybody, return_exceptions=True)


async def _ended(workers: "Iterable[asyncio.Task[None]]", tasks: Tasks) -> None:
    """Wait until all have ended or the first has failed; after a MustWait, for FINISH_S more."""
    waits: list[MustWait] = []
    working, stop_at = set(workers), inf
    while working and (left_s := stop_at - monotonic()) > 0:
        done, working = await asyncio.wait(
            working,
            timeout=None if left_s == inf else left_s,
            return_when=asyncio.FIRST_COMPLETED,
        )
        errors = [error for worker in done if (error := worker.exception())]
        waits += [error for error in errors if isinstance(error, MustWait)]
        for error in errors:
            if not isinstance(error, MustWait):
                raise error
        if waits and stop_at == inf:
            tasks.stop()
            stop_at = monotonic() + FINISH_S
    if waits:
        raise max(waits, key=lambda wait: wait.until_seconds)
