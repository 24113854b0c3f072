"""A budget of one's own: how many calls to Spotify's Web API a day may see.

A day lasts from 0:00 to 24:00 UTC, whatever the clock on the wall of whoever watches: so it is the
same for every process, and has 24 hours all year. (Spotify's own quota is counted over the last
24 hours, from no time in particular.)
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from .errors import MustWait

# Calls are set aside in blocks, so that not each of them costs a write. A process that dies takes
# what is left of its block with it: at most this share of the day.
LARGEST_BLOCK = 20
SMALLEST_SHARE = 50
# With fewer left, albums go one after another: a score begun at once could use up the rest for
# searches without finishing a single one, day after day.
SCARCE_CALLS = 60


@dataclass(frozen=True)
class Grant:
    """How many of the calls that were asked for may be made, and how many remain for others."""

    calls: int
    left: int


# (day, calls wanted, budget of the day): sets calls aside, for all processes, before they are made.
Reserve = Callable[[date, int, int], Awaitable[Grant]]


async def _set_aside_alone(day: date, wanted: int, per_day: int) -> Grant:
    raise RuntimeError("a budget needs a place to count in")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Budget:
    """Lets calls pass while the day has any left. `per_day` of 0 is no budget."""

    def __init__(
        self,
        per_day: int = 0,
        reserve: Reserve = _set_aside_alone,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._per_day = per_day
        self._block = max(1, min(LARGEST_BLOCK, per_day // SMALLEST_SHARE))
        self._reserve = reserve
        self._now = now
        self._day = date.min
        self._held = Grant(0, 0)
        self._counting = asyncio.Lock()
        self._one_album = asyncio.Lock()

    async def take(self) -> None:
        """Spend one call, before it is made. Raises MustWait where the day has none left."""
        if not self._per_day:
            return
        async with self._counting:
            now = self._now()
            if now.date() != self._day or not self._held.calls:
                self._day = now.date()
                self._held = await self._reserve(self._day, self._block, self._per_day)
            if not self._held.calls:
                tomorrow = datetime.combine(self._day + timedelta(days=1), time(), UTC)
                wait_s = int((tomorrow - now).total_seconds()) + 1
                raise MustWait("spotify", wait_s, "budget")
            self._held = Grant(self._held.calls - 1, self._held.left)

    @asynccontextmanager
    async def album(self) -> AsyncIterator[None]:
        """Hold while an album is fetched: alone where calls are scarce, or nobody knows yet."""
        if not self._per_day:
            yield
            return
        async with self._one_album:
            if self._is_scarce:
                yield
                return
        yield

    @property
    def _is_scarce(self) -> bool:
        return self._held.calls + self._held.left < SCARCE_CALLS
