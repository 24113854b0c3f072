"""How many requests a web process answers at once."""

import asyncio
from typing import Any

from project.requests import AT_ONCE, READY_AT_ONCE, taking_turns


async def test_the_others_wait_and_come_in_their_turn() -> None:
    inside: list[int] = []
    most = 0
    leave = asyncio.Event()

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        nonlocal most
        inside.append(scope["number"])
        most = max(most, len(inside))
        await leave.wait()
        inside.remove(scope["number"])

    in_turn = taking_turns(application)
    numbers = range(3 * AT_ONCE)
    asked = [
        asyncio.create_task(in_turn({"path": "/", "number": number}, None, None))
        for number in numbers
    ]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert inside == list(numbers)[:AT_ONCE]
    watching = [
        asyncio.create_task(in_turn({"method": "GET", "path": path, "number": number}, None, None))
        for number, path in ((-1, "/healthz"), (-2, "/readyz"), (-3, "/readyz"), (-4, "/readyz"))
    ]
    await asyncio.sleep(0)
    assert -1 in inside
    assert [number for number in inside if number < -1] == [-2, -3]  # whose turns are their own
    asked[0].cancel()  # who gives up makes room
    await asyncio.sleep(0.01)
    assert AT_ONCE in inside
    leave.set()
    await asyncio.gather(*asked, *watching, return_exceptions=True)
    assert most == AT_ONCE + 1 + READY_AT_ONCE + 1  # the cancelled one never left by itself


async def test_a_method_that_is_refused_has_no_turn_of_its_own() -> None:
    inside = 0

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        nonlocal inside
        inside += 1
        await asyncio.Event().wait()

    in_turn = taking_turns(application)
    scope = {"method": "OPTIONS", "path": "/healthz"}
    asked = [asyncio.create_task(in_turn(scope, None, None)) for _ in range(2 * AT_ONCE)]
    await asyncio.sleep(0.01)
    assert inside == AT_ONCE
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
