"""How fast we call Spotify: one limiter for every call, which learns from refusals.

Spotify counts calls in a rolling window of 30 seconds and does not publish how many it allows
(https://developer.spotify.com/documentation/web-api/concepts/rate-limits).
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiolimiter import AsyncLimiter

from .gate import Gate

WINDOW_S = 30.0
MAX_CALLS_IN_FLIGHT = 8
FEWEST_CALLS = 3  # a window's allowance never falls below this
BURST_SHARE = 1 / 6  # of the allowance may be spent at once, the rest at the window's pace
LEARNT_SHARE = 0.9  # of what was accepted before a refusal is the new allowance
TELLING_SHARE = 1 / 4  # of the allowance must have been accepted for that to say anything
RECOVERY_FACTOR = 1.1  # by which the allowance rises after each calm time without a refusal
LONGEST_CALM = 16  # windows; one at first, doubled each time that more was tried in vain
GATE_JITTER = 0.05  # of the wait is added at most, so that waiters do not return as one
SAME_WALL_SHARE = 1 / 30  # of the window: a gate moved by less than this is no news


@dataclass(eq=False)
class Call:
    """A permission to call, spent when it is given. `wall` counts the refusals before it;
    `scouts` says that nobody else may call until it is back."""

    at: float
    wall: int
    scouts: bool = False
    refused: bool = False


class Limiter:
    """Lets calls through so that no window ever holds more than the allowance.

    A leaky bucket spreads the calls: a burst of a sixth, then the others at the pace at which the
    allowance fills a window. A bucket alone would let a window see its capacity beside its refill,
    and would forget what was called before the allowance fell, so the calls of the last window
    are counted as well.
    """

    def __init__(self, calls_per_window: int, window_s: float = WINDOW_S) -> None:
        self.allowance = max(FEWEST_CALLS, calls_per_window)
        self.window_s = window_s
        self.gate = Gate(window_s * SAME_WALL_SHARE)
        self._bucket = self._make_bucket()
        self._calls: deque[Call] = deque()
        self._in_flight = asyncio.Semaphore(MAX_CALLS_IN_FLIGHT)
        self._walls = 0
        self._most_allowed = self.allowance
        self._recovers_at = 0.0
        self._calm_s = window_s  # without a refusal, before more is tried
        self._tried_more = False  # since the last refusal

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Call]:
        """Hold one of the places in flight, and yield the permission to call."""
        async with self._in_flight:  # first: a call that waits here must not have been counted
            call = await self.acquire()
            try:
                yield call
            finally:
                if call.scouts:
                    self.gate.settled()

    async def acquire(self) -> Call:
        """Wait for the gate, then for the bucket, then for room in the window."""
        scouts = False
        try:
            while True:
                scouts = scouts or await self.gate.passed()
                self._recover()
                bucket = self._bucket
                await bucket.acquire()
                stays = await self._wait_for_room() and bucket is self._bucket
                if stays and (scouts or self.gate.is_open):
                    call = Call(self._now(), self._walls, scouts)
                    self._calls.append(call)
                    return call
        except BaseException:
            if scouts:
                self.gate.settled()
            raise

    async def refused(self, call: Call, retry_after_s: float) -> None:
        """Learn that Spotify answered `call` with a rate limit and `retry_after_s` to wait.

        Closes the gate for that time and a little more. Lowers the allowance to nine tenths of
        what was accepted in the window before the call, once for all calls that were in flight
        together. Where few calls were accepted, the refusal is about calls that somebody else made
        (another process, one before a restart) or about a bad moment of Spotify's, and says little
        about our speed: then the allowance is halved. A true limit is met again, by more calls.
        """
        call.refused = True
        if call.wall == self._walls:
            self._walls += 1
            self._learn(call)
        wait_s = retry_after_s * (1 + random.uniform(0, GATE_JITTER))  # noqa: S311, no secret
        await self.gate.close(wait_s)
        self._recovers_at = self._now() + self.gate.closed_for_s() + self._calm_s

    def _recover(self) -> None:
        """Try a little more after a calm time without a refusal, up to where we began: a refusal
        may have been about calls that were not ours, or about a bad day of Spotify's."""
        if self.allowance < self._most_allowed and self._now() >= self._recovers_at:
            raised = int(self.allowance * RECOVERY_FACTOR) + 1
            self.allowance = min(self._most_allowed, raised)
            self._recovers_at = self._now() + self._calm_s
            self._tried_more = True
            if self.allowance == self._most_allowed:
                self._calm_s = self.window_s
            self._bucket = self._make_bucket()

    def _learn(self, call: Call) -> None:
        since = call.at - self.window_s
        accepted = sum(since < other.at <= call.at and not other.refused for other in self._calls)
        is_telling = accepted >= max(FEWEST_CALLS, self.allowance * TELLING_SHARE)
        learnt = int(accepted * LEARNT_SHARE) if is_telling else self.allowance // 2
        self.allowance = max(FEWEST_CALLS, min(self.allowance, learnt))
        if is_telling and self._tried_more:  # a true limit, still there: look for it less often
            self._calm_s = min(2 * self._calm_s, LONGEST_CALM * self.window_s)
        self._tried_more = False
        self._bucket = self._make_bucket()

    def _make_bucket(self) -> AsyncLimiter:
        burst = max(1, int(self.allowance * BURST_SHARE))
        return AsyncLimiter(burst, self.window_s * burst / self.allowance)

    async def _wait_for_room(self) -> bool:
        """Wait until the window has room. False where something may have changed meanwhile."""
        now = self._now()
        while self._calls and self._calls[0].at + self.window_s <= now:
            self._calls.popleft()
        if len(self._calls) < self.allowance:
            return True
        leaves_at = self._calls[-self.allowance].at + self.window_s
        await asyncio.sleep(max(0.0, leaves_at - now))
        return False

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
