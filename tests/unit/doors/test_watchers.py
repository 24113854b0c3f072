"""How often everybody is told who watches."""

import asyncio
import time
from contextlib import suppress
from itertools import pairwise

from syncengine.watchers import TOLD_BYTES_PER_S, Watchers

CHANGES = 150
CHANGE_S = 0.02


async def test_the_longer_the_list_the_more_seldom_it_comes_and_the_last_one_is_told() -> None:
    names: list[str] = []
    told: list[tuple[float, list[str]]] = []

    async def tell(everybody: list[str]) -> int:
        told.append((time.monotonic(), everybody))
        return TOLD_BYTES_PER_S  # takes a second of what there is

    watchers = Watchers(lambda: list(names), tell)
    telling = asyncio.create_task(watchers.keep_telling())
    for number in range(CHANGES):
        names.append(f"person{number:03}")
        watchers.change()
        await asyncio.sleep(CHANGE_S)
    async with asyncio.timeout(30):
        while watchers.told != names:  # noqa: ASYNC110
            await asyncio.sleep(CHANGE_S)
    telling.cancel()
    with suppress(asyncio.CancelledError):
        await telling
    times = [at for at, _ in told]
    assert all(later - at >= 1 for at, later in pairwise(times))
    assert told[-1][1] == names
