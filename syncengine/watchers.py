"""Who watches, across all web processes: each says so now and then, and whoever falls silent is
taken to have gone. Nothing depends on it, so messages that are lost only make it late."""

import time
import uuid

from syncengine import fanout
from syncengine.echo import Echo

ANNOUNCE_S = 5.0
AGAIN_S = 1.0  # as long as the echo of an announcement is due
GONE_S = 15.0  # a process that has not said anything for this long


class Watchers:
    """The names that each process has announced."""

    def __init__(self) -> None:
        self._process = str(uuid.uuid4())
        self._heard: dict[str, tuple[float, list[str]]] = {}
        self.echo = Echo()

    @property
    def names(self) -> list[str]:
        """Everybody who watches, each once, in order."""
        now = time.monotonic()
        self._heard = {p: heard for p, heard in self._heard.items() if now - heard[0] < GONE_S}
        return sorted({name for _, names in self._heard.values() for name in names})

    @property
    def announce_s(self) -> float:
        """When to announce again."""
        return AGAIN_S if self.echo.is_due else ANNOUNCE_S

    def note(self, names: list[str]) -> bool:
        """Note who watches through this process; returns whether that is new."""
        before = self._heard.get(self._process)
        self._heard[self._process] = (time.monotonic(), names)
        return before is None or before[1] != names

    async def announce(self) -> None:
        """Tell the other processes who watches through this one."""
        _, names = self._heard.get(self._process, (0.0, []))
        self.note(names)
        self.echo.sent()
        await fanout.announce(self._process, names)

    def hear(self, process: str, names: list[str]) -> None:
        """Take what another process has announced; this one knows better than its late echo."""
        if process == self._process:
            self.echo.heard()
        else:
            self._heard[process] = (time.monotonic(), names)
