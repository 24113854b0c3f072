"""A budget of calls a day: kept to the call, whoever shares it."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from albums.sources.budget import SCARCE_CALLS, SMALLEST_SHARE, Budget, Grant
from albums.sources.errors import MustWait

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Store:
    """Counts calls as the database does, and has the clock that all share."""

    def __init__(self, now: datetime = NOON) -> None:
        self.made: Counter[date] = Counter()
        self.writes = 0
        self.now = now

    async def reserve(self, day: date, wanted: int, per_day: int) -> Grant:
        self.writes += 1
        granted = max(0, min(wanted, per_day - self.made[day]))
        self.made[day] += granted
        return Grant(granted, per_day - self.made[day])

    def budget(self, per_day: int) -> Budget:
        return Budget(per_day, self.reserve, lambda: self.now)


async def spend(budget: Budget) -> int:
    """Call until there is no more; returns how often."""
    for number in range(100_000):
        try:
            await budget.take()
        except MustWait:
            return number
    raise AssertionError("it never ends")


@given(st.integers(1, 3_000), st.integers(1, 5))
@settings(deadline=None, max_examples=40)
def test_all_who_share_it_make_as_many_calls_as_it_allows_and_no_more(
    per_day: int, sharers: int
) -> None:
    async def work() -> int:
        store = Store()
        return sum(await asyncio.gather(*(spend(store.budget(per_day)) for _ in range(sharers))))

    assert asyncio.run(work()) == per_day


async def test_calls_are_counted_in_blocks_of_which_little_can_be_lost() -> None:
    store = Store()
    await spend(store.budget(1_000))
    assert store.writes == 51
    await store.budget(1_000 * 2).take()
    assert store.made[NOON.date()] - 1_000 <= 2_000 / SMALLEST_SHARE


async def test_who_comes_too_late_waits_until_midnight_utc() -> None:
    store = Store(datetime(2026, 11, 24, 21, 30, 15, 999_000, tzinfo=UTC))
    budget = store.budget(3)
    assert await spend(budget) == 3
    with pytest.raises(MustWait) as caught:
        await budget.take()
    wait = caught.value
    assert (wait.service, wait.reason) == ("spotify", "budget")
    until = store.now + timedelta(seconds=wait.until_seconds)
    midnight = datetime(2026, 11, 25, tzinfo=UTC)
    assert midnight <= until <= midnight + timedelta(seconds=1)
    store.now = until
    assert await spend(budget) == 3


async def test_a_block_of_yesterday_is_worth_nothing_today() -> None:
    store = Store()
    budget = store.budget(1_000)
    await budget.take()
    store.now += timedelta(days=1)
    assert await spend(budget) == 1_000


async def test_a_clock_that_is_set_back_gives_no_calls_away() -> None:
    store = Store()
    budget = store.budget(50)
    assert await spend(budget) == 50
    store.now += timedelta(days=1)
    assert await spend(budget) == 50
    store.now -= timedelta(days=1)
    assert await spend(budget) == 0


async def test_no_budget_counts_nothing() -> None:
    store = Store()
    budget = store.budget(0)
    for _ in range(10):
        await budget.take()
    assert store.writes == 0


async def most_albums_at_once(per_day: int) -> int:
    budget = Store().budget(per_day)
    await budget.take()
    held = most = 0

    async def album() -> None:
        nonlocal held, most
        async with budget.album():
            held += 1
            most = max(most, held)
            await asyncio.sleep(0)
            held -= 1

    await asyncio.gather(*(album() for _ in range(12)))
    return most


async def test_where_calls_are_scarce_one_album_is_finished_after_the_other() -> None:
    assert await most_albums_at_once(SCARCE_CALLS) == 1
    assert await most_albums_at_once(SCARCE_CALLS + 1) == 12
    assert await most_albums_at_once(0) == 12
