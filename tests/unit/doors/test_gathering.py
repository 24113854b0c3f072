"""How long somebody who opens a socket waits, so that those who come together are asked for
together. The clock jumps over every wait."""

import asyncio
from itertools import pairwise
from typing import Any

from syncengine.visitors import CROWD_GATHERS_S, GATHER_S, MOST_GATHER_S, Visitors
from tests.virtual_time import run


def asked(pauses_s: list[float]) -> list[tuple[float, int]]:
    """When they were asked for, and how many at once, of browsers that come so far apart."""
    questions: list[tuple[float, int]] = []

    async def came() -> None:
        visitors = Visitors()
        clock = asyncio.get_running_loop().time

        async def answer(_: Any, keys: set[str]) -> dict[str, Any]:
            questions.append((round(clock(), 3), len(keys)))
            return {}

        visitors._database = answer  # type: ignore[assignment]
        waiting = []
        for number, pause_s in enumerate(pauses_s):
            await asyncio.sleep(pause_s)
            cookie = f"sessionid=key{number}".encode()
            one = visitors.visitor({"headers": [(b"cookie", cookie)]})
            waiting.append(asyncio.create_task(one))
        await asyncio.gather(*waiting)

    run(came())
    return questions


def test_who_comes_alone_is_asked_for_at_once() -> None:
    assert asked([1, 1, 1]) == [(1, 1), (2, 1), (3, 1)]


def test_a_few_who_come_together_share_a_question() -> None:
    assert asked([1, 0.01, 0.01]) == [(1, 1), (1 + GATHER_S, 2)]


def test_a_crowd_is_asked_for_when_all_have_come() -> None:
    first, everybody = asked([1, *[0.002] * 300])
    assert first == (1, 1)
    at, count = everybody
    assert count == 300
    assert 1.6 <= at <= 1.6 + 2 * CROWD_GATHERS_S


def test_a_crowd_without_end_waits_no_longer_than_a_second() -> None:
    times = [at for at, _ in asked([1, *[0.002] * 2000])]
    assert len(times) == 5
    assert all(later - at <= MOST_GATHER_S + CROWD_GATHERS_S for at, later in pairwise(times))
