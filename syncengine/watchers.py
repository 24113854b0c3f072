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
ANNOUNCE_S = 5.0
AGAIN_S = 1.0  # as long as the echo of an announcement is due
GONE_S = 15.0  # a process that has not said anything for this long


class Watchers:
    """The names that each process has announced."""

    def __init__(
        self, here: Callable[[], list[str]], tell: Callable[[list[str]], Awaitable[None]]
    ) -> None:
        """`here` says who watches through this process, and `tell` tells all of them who watches
        anywhere."""
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
        announce_at = 0.0  # monotonic
        while True:
            self._has_changed.clear()
            here = self._here()
            self._heard[self._process] = (time.monotonic(), here)
            if self._names() != self.told:
                self.told = self._names()
                await self._tell(self.told)
            if here != announced or time.monotonic() >= announce_at:
                announced = here
                self.echo.sent()
                await fanout.announce(self._process, here)
                announce_at = time.monotonic() + (AGAIN_S if self.echo.is_due else ANNOUNCE_S)
            await asyncio.sleep(PAUSE_S)
            with suppress(TimeoutError):
                left_s = announce_at - time.monotonic()
                await asyncio.wait_for(self._has_changed.wait(), max(0.0, left_s))

    def _names(self) -> list[str]:
        now = time.monotonic()
        self._heard = {p: heard for p, heard in self._heard.items() if now - heard[0] < GONE_S}
        return sorted({name for _, names in self._heard.values() for name in names})
