"""Who watches, across all web processes: each says so now and then, and whoever falls silent is
taken to have gone. Nothing depends on it, so messages that are lost only make it late."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress

from syncengine import fanout
from syncengine.echo import Echo

PAUSE_S = 0.5  # between two lists, however many come and go
# The list goes to everybody, so that it grows with the square of those who watch: where they are
# many, it comes less often.
TOLD_BYTES_PER_S = 1024 * 1024  # to all sockets of this process together
ANNOUNCE_S = 5.0
AGAIN_S = 1.0  # as long as the echo of an announcement is due
GONE_S = 15.0  # a process that has not said anything for this long


class Watchers:
    """The names that each process has announced."""

    def __init__(
        self, here: Callable[[], list[str]], tell: Callable[[list[str]], Awaitable[int]]
    ) -> None:
        """`here` says who watches through this process, and `tell` tells all of them who watches
        anywhere, and returns how many bytes that took."""
        self._here, self._tell = here, tell
        self._process = str(uuid.uuid4())
        self._heard: dict[str, tuple[float, list[str]]] = {}
        self._has_changed = asyncio.Event()
        self.told: list[str] = []  # everybody who watches, each once, in order
        self.echo = Echo()

    def change(self) -> None:
        """Say that somebody has come or gone."""
        self._has_changed.set()

    def hear(self, process: str, names: list[str]) -> None:
        """Take what another process has announced; this one knows better than its late echo."""
        if process == self._process:
            self.echo.heard()
        else:
            self._heard[process] = (time.monotonic(), names)
            self.change()

    async def keep_telling(self) -> None:
        """Tell everybody here and the other processes of changes, until cancelled."""
        announced: list[str] | None = None
        announced_at = 0.0  # monotonic
        announce_at = tell_at = 0.0  # monotonic
        while True:
            self._has_changed.clear()
            here = self._here()
            self._heard[self._process] = (time.monotonic(), here)
            names = self._names()
            if names != self.told and time.monotonic() >= tell_at:
                self.told = names
                told_bytes = await self._tell(self.told)
                tell_at = time.monotonic() + told_bytes / TOLD_BYTES_PER_S
            if here != announced or time.monotonic() >= announce_at:
                announced = here
                self.echo.sent()
                await fanout.announce(self._process, here)
                announced_at = time.monotonic()
            await asyncio.sleep(PAUSE_S)
            announce_at = announced_at + (AGAIN_S if self.echo.is_due else ANNOUNCE_S)
            next_at = announce_at if self._names() == self.told else min(announce_at, tell_at)
            with suppress(TimeoutError):
                left_s = next_at - time.monotonic()
                await asyncio.wait_for(self._has_changed.wait(), max(0.0, left_s))

    def _names(self) -> list[str]:
        now = time.monotonic()
        self._heard = {p: heard for p, heard in self._heard.items() if now - heard[0] < GONE_S}
        return sorted({name for _, names in self._heard.values() for name in names})
