"""One browser's connection, as the hub sees it: how far it is, and whether it reads.

Daphne's `send` never waits, so nothing but acknowledgements tells whether a browser reads: a
socket is sent no more than `WINDOW_BYTES` ahead of them and is closed after `SLOW_S` without one.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from syncengine.rights import Visitor
from syncengine.tail import Frame

logger = logging.getLogger("groovelog.sockets")

WINDOW_BYTES = 512 * 1024
# Looked at every second, and a second more for an answer to the close: after 10 s it is gone.
SLOW_S = 8.0
MAX_USELESS = 100  # acknowledgements of nothing, within ...
USELESS_S = 60.0
NOTHING_SENT = -1

CLOSE_BAD_FRAME = 4400
CLOSE_SIGNED_OUT = 4401
CLOSE_NOT_ALLOWED = 4403
CLOSE_TOO_SLOW = 4408
CLOSE_RESTART = 4412
CLOSE_TOO_MANY = 4429
CLOSE_CODES = (
    CLOSE_BAD_FRAME,
    CLOSE_SIGNED_OUT,
    CLOSE_NOT_ALLOWED,
    CLOSE_TOO_SLOW,
    CLOSE_RESTART,
    CLOSE_TOO_MANY,
)


@dataclass(eq=False, slots=True)
class Socket:
    """Who may not read the history gets snapshots and what is new, never old events. `position` is
    what it has been sent."""

    visitor: Visitor
    send_text: Callable[[str], Awaitable[None]]
    hang_up: Callable[[int], Awaitable[None]]
    position: int = NOTHING_SENT
    closed: bool = field(default=False, init=False)
    _acknowledged: int = field(default=0, init=False)
    # Lists, since a deque takes 600 bytes even while it is empty, which most of these are.
    _useless: list[float] = field(default_factory=list, init=False)
    """Monotonic times of the newest acknowledgements of nothing."""
    _ahead: list[tuple[int, int, float]] = field(default_factory=list, init=False)
    """(position, bytes, monotonic time) of each frame of events that is not acknowledged yet."""
    _ahead_bytes: int = field(default=0, init=False)

    async def send(self, text: str) -> None:
        """Send; a browser that has gone is noticed when its socket closes."""
        if self.closed:
            return
        try:
            await self.send_text(text)
        except Exception as error:
            logger.info("a socket has gone: %s", type(error).__name__)

    async def close(self, code: int) -> None:
        """Send nothing from now on, frames that are being sent included, and say why."""
        self.closed = True
        try:
            await self.hang_up(code)
        except Exception as error:  # else whoever closes several would stop at this one
            logger.info("a socket has gone: %s", type(error).__name__)

    async def send_snapshot(self, position: int, text: str) -> None:
        """Send a snapshot, unless the browser has yet to read what it was sent before."""
        if self._ahead_bytes <= WINDOW_BYTES:
            self.position = position
            await self.send(text)

    async def send_frames(self, frames: Iterable[Frame]) -> None:
        """Send those that follow what it has, as far as its window allows; the next
        acknowledgement, or whoever overtook this, goes on from there."""
        for frame in frames:
            if self.closed or self._ahead_bytes > WINDOW_BYTES or self.position != frame.after:
                return
            self.position = frame.position
            self._ahead.append((frame.position, frame.size_bytes, time.monotonic()))
            self._ahead_bytes += frame.size_bytes
            await self.send(frame.text)

    def acknowledge(self, position: int) -> bool:
        """Take an acknowledgement; False from one that talks too much. Whoever goes on to what it
        was sent is welcome, however fast that comes; anything else is of no use, and is bounded."""
        if not self._acknowledged < position <= self.position:
            now = time.monotonic()
            self._useless = [*self._useless[1 - MAX_USELESS :], now]
            return len(self._useless) < MAX_USELESS or now - self._useless[0] > USELESS_S
        self._acknowledged = position
        while self._ahead and self._ahead[0][0] <= position:
            self._ahead_bytes -= self._ahead.pop(0)[1]
        return True

    def start_afresh(self) -> None:
        """Forget what was sent: it belongs to another log."""
        self.position = NOTHING_SENT
        self._acknowledged = 0
        self._ahead.clear()
        self._ahead_bytes = 0

    def is_slow(self) -> bool:
        return bool(self._ahead) and time.monotonic() - self._ahead[0][2] > SLOW_S
