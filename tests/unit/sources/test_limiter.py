"""The limiter keeps every window within the allowance and learns from refusals."""

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from albums.sources.limiter import (
    FEWEST_CALLS,
    LONGEST_CALM,
    MAX_CALLS_IN_FLIGHT,
    WINDOW_S,
    Call,
    Limiter,
)
from tests.virtual_time import run


def most_in_a_window(times: list[float], window_s: float = WINDOW_S) -> int:
    return max(
        sum(start <= time < start + window_s for time in times[index:])
        for index, start in enumerate(times)
    )


async def acquire(limiter: Limiter, count: int) -> list[Call]:
    return [await limiter.acquire() for _ in range(count)]


@given(st.integers(3, 120), st.lists(st.floats(0, 40), max_size=12))
@settings(max_examples=25, deadline=None)
def test_no_window_ever_holds_more_than_the_allowance(allowance: int, pauses: list[float]) -> None:
    async def work() -> list[float]:
        limiter = Limiter(allowance)
        calls: list[Call] = []
        for pause in [*pauses, 0.0]:
            calls += await acquire(limiter, allowance // 2 + 1)
            await asyncio.sleep(pause)
        return [call.at for call in calls]

    assert most_in_a_window(run(work())) <= allowance


def test_a_sixth_may_be_spent_at_once_and_the_rest_is_spread() -> None:
    calls = run(acquire(Limiter(90), 90))
    times = [call.at for call in calls]
    assert sum(time < 0.01 for time in times) == 15
    gaps = [after - before for before, after in itertools.pairwise(times[15:])]
    assert all(gap == pytest.approx(30 / 90, abs=0.01) for gap in gaps)


def test_in_the_long_run_every_window_holds_the_whole_allowance() -> None:
    calls = run(acquire(Limiter(90), 900))
    assert calls[-1].at < 10 * WINDOW_S


def test_a_refusal_lowers_the_allowance_to_nine_tenths_of_what_was_accepted() -> None:
    async def work() -> int:
        limiter = Limiter(90)
        calls = await acquire(limiter, 41)
        await limiter.refused(calls[-1], 1)
        return limiter.allowance

    assert run(work()) == 36


def test_calls_refused_by_the_same_wall_teach_once() -> None:
    async def work() -> list[int]:
        limiter = Limiter(90)
        calls = await acquire(limiter, 48)
        seen = []
        for call in calls[40:]:
            await limiter.refused(call, 1)
            seen.append(limiter.allowance)
        return seen

    assert run(work()) == [36] * 8


@pytest.mark.parametrize(("calls", "allowance"), [(1, 45), (10, 45), (30, 26)])
def test_a_refusal_after_few_calls_of_ours_only_halves_the_allowance(
    calls: int, allowance: int
) -> None:
    async def work() -> int:
        limiter = Limiter(90)
        *_, call = await acquire(limiter, calls)
        await limiter.refused(call, 1)
        return limiter.allowance

    assert run(work()) == allowance


def test_a_low_limit_is_found_all_the_same() -> None:
    """Spotify accepts eight calls a window: one more refusal, and it is known."""

    async def work() -> list[int]:
        limiter, seen = Limiter(90), []
        for _ in range(3):
            *_, call = await acquire(limiter, 9)
            await limiter.refused(call, 30)
            seen.append(limiter.allowance)
        return seen

    assert run(work()) == [45, 22, 7]


def test_the_allowance_never_falls_below_the_least_and_never_rises() -> None:
    async def work() -> list[int]:
        limiter = Limiter(20)
        seen = []
        for _ in range(12):
            await limiter.refused((await acquire(limiter, 4))[-1], 2)
            seen.append(limiter.allowance)
        return seen

    seen = run(work())
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == FEWEST_CALLS


@given(st.integers(5, 60), st.integers(0, 40))
@settings(max_examples=30, deadline=None)
def test_windows_stay_within_a_lowered_allowance(true_wall: int, retry_after_s: int) -> None:
    """After the refusal even the calls from before it count."""

    async def work() -> tuple[list[float], int]:
        limiter = Limiter(90)
        before = await acquire(limiter, true_wall)
        await limiter.refused(before[-1], retry_after_s)
        after = await acquire(limiter, 2 * limiter.allowance)
        times = [call.at for call in before + after]
        return [time for time in times if time > after[0].at - WINDOW_S], limiter.allowance

    times, allowance = run(work())
    assert most_in_a_window(times) <= allowance


def test_no_call_passes_a_closed_gate_before_its_time() -> None:
    async def work() -> float:
        limiter = Limiter(90)
        (call,) = await acquire(limiter, 1)
        await limiter.refused(call, 25)
        after = await asyncio.gather(*(limiter.acquire() for _ in range(20)))
        return min(call.at for call in after)

    assert 25 <= run(work()) <= 25 * 1.06


def test_a_call_that_waits_at_the_bucket_meets_the_gate_that_closed_meanwhile() -> None:
    async def work() -> float:
        limiter = Limiter(6)
        (first,) = await acquire(limiter, 1)
        waiting = asyncio.create_task(limiter.acquire())
        await asyncio.sleep(0.1)
        await limiter.refused(first, 50)
        return (await waiting).at

    assert run(work()) >= 50


def test_observers_hear_of_one_closing_and_one_opening() -> None:
    async def work() -> list[str]:
        limiter, heard = Limiter(90), list[str]()

        async def closed(seconds: float) -> None:
            heard.append(f"closed {seconds:.0f}")

        async def opened() -> None:
            heard.append("open")

        limiter.gate.on_closed, limiter.gate.on_open = closed, opened
        calls = await acquire(limiter, 8)
        for call in calls:
            await limiter.refused(call, 10)
        await asyncio.gather(*(limiter.acquire() for _ in range(8)))
        return heard

    assert run(work()) == ["closed 10", "open"]


def test_a_longer_wait_for_the_same_wall_is_news() -> None:
    async def work() -> list[float]:
        limiter, heard = Limiter(90), list[float]()

        async def closed(seconds: float) -> None:
            heard.append(seconds)

        limiter.gate.on_closed = closed
        first, second = await acquire(limiter, 2)
        await limiter.refused(first, 5)
        await limiter.refused(second, 20)
        return heard

    assert len(run(work())) == 2


def test_an_observers_error_reaches_the_call_that_was_refused() -> None:
    async def work() -> None:
        limiter = Limiter(90)

        async def closed(seconds: float) -> None:
            raise LookupError

        limiter.gate.on_closed = closed
        await limiter.refused(await limiter.acquire(), 1)

    with pytest.raises(LookupError):
        run(work())


def test_only_so_many_calls_are_in_flight_together() -> None:
    async def work() -> int:
        limiter, held, most = Limiter(900), 0, 0

        async def one() -> None:
            nonlocal held, most
            async with limiter.call():
                held += 1
                most = max(most, held)
                await asyncio.sleep(1)
                held -= 1

        await asyncio.gather(*(one() for _ in range(40)))
        return most

    assert run(work()) == MAX_CALLS_IN_FLIGHT


def test_the_window_can_be_scaled() -> None:
    calls = run(acquire(Limiter(30, window_s=3.0), 60))
    assert most_in_a_window([call.at for call in calls], 3.0) <= 30
    assert calls[-1].at < 7


def test_the_allowance_recovers_with_each_window_without_a_refusal_up_to_where_it_began() -> None:
    async def work() -> list[int]:
        limiter = Limiter(20)
        calls = await acquire(limiter, 12)
        await limiter.refused(calls[-1], 1)
        allowances = [limiter.allowance]
        for _ in range(200):
            await limiter.acquire()
            if limiter.allowance != allowances[-1]:
                allowances.append(limiter.allowance)
        return allowances

    assert run(work()) == [9, 10, 12, 14, 16, 18, 20]


async def met_walls(limiter: Limiter, true_wall: int, for_s: float) -> list[float]:
    """The times at which a service refused that accepts so many calls in a window."""
    accepted, walls = list[float](), list[float]()
    while (call := await limiter.acquire()).at < for_s:
        in_window = [at for at in accepted if at > call.at - WINDOW_S]
        if len(in_window) < true_wall:
            accepted.append(call.at)
        else:
            walls.append(call.at)
            await limiter.refused(call, 1 + in_window[0] + WINDOW_S - call.at)
    return walls


def test_a_limit_that_stays_is_looked_for_ever_less_often() -> None:
    walls = run(met_walls(Limiter(300), 100, 6000))
    gaps = [after - before for before, after in itertools.pairwise(walls)]
    assert gaps[0] < 4 * WINDOW_S
    assert all(after > 1.3 * before for before, after in itertools.pairwise(gaps[:5]))
    assert max(gaps) < 3 * LONGEST_CALM * WINDOW_S
