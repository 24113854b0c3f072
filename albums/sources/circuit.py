"""What to do when Spotify answers with nothing but errors of its own: stop, and look now and then.

A circuit breaker (https://martinfowler.com/bliki/CircuitBreaker.html), built on the gate that rate
limits close, so that whoever watches hears of both in the same way.
"""

import logging

from .gate import Gate
from .limiter import MAX_CALLS_IN_FLIGHT, Call

logger = logging.getLogger("groovelog.sources")

LONGEST_WAITS = 10  # times the first; the wait is doubled after each probe in vain
# So many different calls, one after the other and without a good answer between them: as many as
# are under way at once. A few albums that always fail must not look like an outage.
FAILING_CALLS = MAX_CALLS_IN_FLIGHT


class Circuit:
    """Is told how calls were answered, and closes the gate during an outage.

    While it lasts, one call at a time is let through, the first after `probe_every_s`. Each is the
    next try of some album, in turn; so an outage ends a sync sooner or later, however long it is.
    """

    def __init__(self, gate: Gate, probe_every_s: float) -> None:
        self._gate = gate
        self._probe_every_s = probe_every_s
        self._wait_s = 0.0  # of the outage that lasts; 0 where there is none
        self._failing: set[str] = set()

    @property
    def is_exhausted(self) -> bool:
        """Whether an outage has lasted for so long that the waits do not grow any more."""
        return self._wait_s >= LONGEST_WAITS * self._probe_every_s

    async def broken(self, call: Call, about: str) -> None:
        """Learn that `call`, which was `about` this, was answered with an error of Spotify's."""
        self._failing.add(about)
        if call.scouts or len(self._failing) >= FAILING_CALLS:
            await self.down(call.scouts)

    async def down(self, scouts: bool) -> None:
        """Hold all calls back, because nobody can call; `scouts`: as one has found out again."""
        if self._wait_s and not scouts:
            return  # it was under way when the outage was noticed
        longest_s = LONGEST_WAITS * self._probe_every_s
        self._wait_s = min(2 * self._wait_s, longest_s) if self._wait_s else self._probe_every_s
        logger.warning(
            "Spotify cannot be used at present; the next call is in %.0f s", self._wait_s
        )
        await self._gate.close(self._wait_s, needs_scout=True)

    async def answered(self, call: Call) -> None:
        """Learn that `call` was answered well, or with an error that is ours."""
        if self._wait_s and not call.scouts:
            return
        self._failing.clear()
        if self._wait_s:
            self._wait_s = 0.0
            logger.warning("Spotify answers again")
        if call.scouts:
            await self._gate.open()
