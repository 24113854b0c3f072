"""An outage of Spotify's: calls stop, one at a time looks, and all go on once it is over."""

import asyncio
import itertools

from albums.sources.circuit import FAILING_CALLS, LONGEST_WAITS, Circuit
from albums.sources.limiter import Limiter
from tests.virtual_time import run

PROBE_EVERY_S = 30.0
ANSWER_S = 0.2


class Upstream:
    """Answers with errors during `outage`, in virtual time, and notes when it is called."""

    def __init__(self, outage: tuple[float, float] = (0.0, 0.0)) -> None:
        self.limiter = Limiter(9_000)
        self.circuit = Circuit(self.limiter.gate, PROBE_EVERY_S)
        self.outage = outage
        self.arrivals: list[tuple[float, str]] = []
        self.heard: list[str] = []

        async def closed(seconds: float) -> None:
            self.heard.append(f"closed {seconds:.0f}")

        async def opened() -> None:
            self.heard.append("open")

        self.limiter.gate.on_closed, self.limiter.gate.on_open = closed, opened

    async def call(self, about: str) -> bool:
        async with self.limiter.call() as call:
            now = asyncio.get_running_loop().time()
            self.arrivals.append((now, about))
            fails = self.outage[0] <= now < self.outage[1]
            await asyncio.sleep(ANSWER_S)
            if fails:
                await self.circuit.broken(call, about)
            else:
                await self.circuit.answered(call)
        return not fails

    async def album(self, name: str, tries: int = 3) -> bool:
        for _ in range(tries):
            if await self.call(name):
                return True
        return False

    async def albums(self, count: int) -> list[bool]:
        """At most twelve under way, as a sync has them."""
        places = asyncio.Semaphore(12)

        async def one(number: int) -> bool:
            async with places:
                return await self.album(f"album {number}")

        return await asyncio.gather(*(one(number) for number in range(count)))


def test_an_outage_of_five_minutes_costs_no_album() -> None:
    upstream = Upstream(outage=(0, 300))
    done = run(upstream.albums(60))
    assert all(done)
    tries = [about for _, about in upstream.arrivals]
    assert max(map(tries.count, set(tries))) <= 3


def test_during_an_outage_no_two_calls_come_within_the_time_of_a_probe() -> None:
    upstream = Upstream(outage=(0, 300))
    run(upstream.albums(60))
    during = [at for at, _ in upstream.arrivals if at < 300]
    assert len(during) >= FAILING_CALLS + 3
    probes = during[FAILING_CALLS - 1 :]  # the last of the round, then one after the other
    assert all(after - before >= PROBE_EVERY_S for before, after in itertools.pairwise(probes))


def test_it_recovers_by_itself_within_the_wait_that_it_has_come_to() -> None:
    upstream = Upstream(outage=(0, 300))
    run(upstream.albums(60))
    first_good = min(at for at, _ in upstream.arrivals if at >= 300)
    assert first_good <= 2 * 300
    assert max(at for at, _ in upstream.arrivals) < first_good + 10


def test_it_is_announced_when_it_closes_for_longer_and_when_it_opens() -> None:
    upstream = Upstream(outage=(0, 100))
    run(upstream.albums(20))
    assert upstream.heard == ["closed 30", "closed 60", "closed 120", "open"]


def test_the_waits_grow_to_ten_times_the_first() -> None:
    upstream = Upstream(outage=(0, 10**9))
    done = run(upstream.albums(20))
    assert not any(done)  # it ends however long the outage is, each album tried three times
    assert len(upstream.arrivals) == 20 * 3
    assert upstream.heard[-1] == f"closed {LONGEST_WAITS * PROBE_EVERY_S:.0f}"


def test_tries_are_shared_out_among_the_albums_that_wait() -> None:
    upstream = Upstream(outage=(0, 1_000))
    run(upstream.albums(12))
    tries = [about for at, about in upstream.arrivals if at < 1_000]
    assert max(map(tries.count, set(tries))) == 2


def test_a_few_albums_that_always_fail_are_no_outage() -> None:
    async def work() -> list[bool]:
        upstream = Upstream()
        upstream.outage = (0, 10**9)
        return await asyncio.gather(
            *(upstream.album(f"album {number}") for number in range(FAILING_CALLS - 1))
        )

    assert run(work()) == [False] * (FAILING_CALLS - 1)


def test_a_good_answer_between_the_errors_means_that_spotify_is_there() -> None:
    upstream = Upstream()

    async def work() -> None:
        for number in range(40):
            upstream.outage = (0.0, 0.0) if number % FAILING_CALLS == 0 else (0, 10**9)
            await upstream.call(f"album {number}")

    run(work())
    assert upstream.heard == []


def test_a_probe_that_is_given_up_lets_the_next_one_look() -> None:
    upstream = Upstream(outage=(0, 20))

    async def work() -> float:
        for number in range(FAILING_CALLS):
            await upstream.call(f"album {number}")
        given_up = asyncio.create_task(upstream.call("given up"))
        await asyncio.sleep(PROBE_EVERY_S + ANSWER_S / 2)
        other = asyncio.create_task(upstream.call("other"))
        await asyncio.sleep(0)
        given_up.cancel()
        assert await other
        return asyncio.get_running_loop().time()

    assert run(work()) < PROBE_EVERY_S + 10


def test_after_a_long_wait_one_call_goes_before_all_others() -> None:
    upstream = Upstream()

    async def work() -> None:
        upstream.limiter.gate.scout_first()
        await upstream.albums(5)

    run(work())
    first, *others = [at for at, _ in upstream.arrivals]
    assert all(at >= first + ANSWER_S for at in others)
    assert upstream.heard == ["open"]
