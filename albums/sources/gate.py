"""Where calls wait while Spotify wants none, or does not answer any."""

import asyncio
from collections.abc import Awaitable, Callable


async def _nobody_on_closed(seconds: float) -> None:
    """Stand in where nobody wants to know."""


async def _nobody_on_open() -> None:
    """Stand in where nobody wants to know."""


class Gate:
    """Open; or closed until a time, after which everybody may pass, or a scout alone.

    Who waits goes through in the order of coming. A scout has to be `settled`: until then
    nobody follows it.

    `on_closed(seconds)` is awaited when the gate closes, and when it will stay closed for longer
    by more than `same_wait_s`; `on_open()` when it opens. Both may raise; the error goes to the
    call that they were awaited in.
    """

    def __init__(self, same_wait_s: float) -> None:
        self.on_closed: Callable[[float], Awaitable[None]] = _nobody_on_closed
        self.on_open: Callable[[], Awaitable[None]] = _nobody_on_open
        self.needs_scout = False
        self._same_wait_s = same_wait_s
        self._closed = False
        self._opens_at = 0.0
        self._turn = asyncio.Lock()  # held by who waits first, and by a scout

    @property
    def is_open(self) -> bool:
        return not self._closed

    def closed_for_s(self) -> float:
        """Return how long nobody will pass, in seconds; 0 where the gate is open or about to be."""
        return max(0.0, self._opens_at - self._now()) if self._closed else 0.0

    async def close(self, seconds: float, *, needs_scout: bool = False) -> None:
        """Let nobody pass for so long. A wait that is longer already stays as it is."""
        opens_at = self._now() + seconds
        news = not self._closed or opens_at > self._opens_at + self._same_wait_s
        news |= needs_scout and self.closed_for_s() == 0  # the last scout was out in vain
        self._opens_at = max(self._opens_at, opens_at) if self._closed else opens_at
        self._closed = True
        self.needs_scout |= needs_scout
        if news:
            await self.on_closed(seconds)

    def scout_first(self) -> None:
        """Let one pass alone, before all others, to see how it fares. Nobody is told of it."""
        if not self._closed:
            self._closed, self._opens_at = True, self._now()
        self.needs_scout = True

    async def open(self) -> None:
        """Let everybody pass."""
        if self._closed:
            self._closed = self.needs_scout = False
            await self.on_open()

    async def passed(self) -> bool:
        """Wait until one may pass. True for the scout."""
        while self._closed:
            await self._turn.acquire()
            scouting = False
            try:
                while (left_s := self.closed_for_s()) > 0:  # noqa: ASYNC110, it may have grown
                    await asyncio.sleep(left_s)
                scouting = self._closed and self.needs_scout
                if not scouting:
                    await self.open()
            finally:
                if not scouting:
                    self._turn.release()
            if scouting:
                return True
        return False

    def settled(self) -> None:
        """Take the scout back, whatever it has found."""
        self._turn.release()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
