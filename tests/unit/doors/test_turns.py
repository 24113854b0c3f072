"""How many requests a web process answers at once."""

import asyncio
import json
import weakref
from typing import Any

import pytest

from project.turns import (
    AT_ONCE,
    MOST_WAIT,
    MOST_WAIT_TO_SIGN_IN,
    SIGN_INS_AT_ONCE,
    WATCHED_AT_ONCE,
    taking_turns,
)


class Requests:
    """An application in which requests stay until they are let through."""

    def __init__(self) -> None:
        self.inside = 0
        self.through = asyncio.Event()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.inside += 1
        await self.through.wait()
        self.inside -= 1


async def test_the_others_wait_and_come_in_their_turn() -> None:
    inside: list[int] = []
    came: list[int] = []
    most = 0
    leave = asyncio.Event()

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        nonlocal most
        inside.append(scope["number"])
        came.append(scope["number"])
        most = max(most, len(inside))
        await leave.wait()
        inside.remove(scope["number"])

    in_turn = taking_turns(application)
    numbers = range(3 * AT_ONCE)
    asked = [
        asyncio.create_task(in_turn({"path": "/", "number": number}, None, None))
        for number in numbers
    ]
    await asyncio.sleep(0.01)
    assert inside == list(numbers)[:AT_ONCE]
    watching = [
        asyncio.create_task(in_turn({"method": "GET", "path": path, "number": number}, None, None))
        for number, path in ((-1, "/healthz"), (-2, "/readyz"), (-3, "/readyz"), (-4, "/readyz"))
    ]
    await asyncio.sleep(0.01)
    assert -1 in inside
    assert [number for number in inside if number < -1] == [-2, -3]  # whose turns are their own
    asked[-1].cancel()  # which had no turn yet
    leave.set()
    await asyncio.gather(*asked, *watching, return_exceptions=True)
    assert asked[-1].cancelled()
    assert most == AT_ONCE + 1 + WATCHED_AT_ONCE["/readyz"]
    assert numbers[-1] not in came


async def test_who_hangs_up_has_a_turn_until_the_request_is_through() -> None:
    """Its thread goes on, and has a connection to the database."""
    requests = Requests()
    in_turn = taking_turns(requests)
    asked = [asyncio.create_task(in_turn({"path": "/"}, None, None)) for _ in range(2 * AT_ONCE)]
    for _ in range(3):  # Daphne cancels again each second
        await asyncio.sleep(0.01)
        for task in asked[:AT_ONCE]:
            task.cancel()
    await asyncio.wait(asked[:AT_ONCE])
    assert requests.inside == AT_ONCE
    requests.through.set()
    await asyncio.gather(*asked[AT_ONCE:])
    assert requests.inside == 0


async def test_a_server_that_stops_lets_those_who_have_a_turn_come_through() -> None:
    answered = []

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await asyncio.sleep(0.05)
        answered.append(scope["path"])

    request = asyncio.create_task(taking_turns(application)({"path": "/"}, None, None))
    await asyncio.sleep(0.01)
    request.cancel()
    await asyncio.wait([request])
    assert answered == ["/"]


class Form:
    """What Daphne hands over with a request: it holds all that was sent."""


def asking(path: str, method: str = "GET", accept: str = "*/*") -> dict[str, Any]:
    return {"method": method, "path": path, "headers": [(b"accept", accept.encode())]}


@pytest.mark.parametrize(
    ("method", "path", "inside", "wait"),
    [
        ("GET", "/", AT_ONCE, MOST_WAIT),
        ("POST", "/accounts/login/", SIGN_INS_AT_ONCE, MOST_WAIT_TO_SIGN_IN),
        ("POST", "/admin/login/", SIGN_INS_AT_ONCE, MOST_WAIT_TO_SIGN_IN),
        ("GET", "/healthz", WATCHED_AT_ONCE["/healthz"], MOST_WAIT),
    ],
)
async def test_one_too_many_to_wait_is_turned_away_and_told_when_to_come_again(
    method: str, path: str, inside: int, wait: int
) -> None:
    requests = Requests()
    in_turn = taking_turns(requests)
    answers: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    scope = asking(path, method)
    asked = [asyncio.create_task(in_turn(scope, None, send)) for _ in range(inside + wait)]
    await asyncio.sleep(0.1)
    assert requests.inside == inside
    assert not answers
    await in_turn(scope, None, send)
    await in_turn(asking(path, method, "application/json"), None, send)
    starts, bodies = answers[::2], [answer["body"].decode() for answer in answers[1::2]]
    assert [start["status"] for start in starts] == [503, 503]
    assert all(dict(start["headers"])[b"retry-after"] == b"5" for start in starts)
    assert bodies[0].startswith("The server has more requests than it can answer")
    assert json.loads(bodies[1])["error"]["code"] == "too-busy"
    form = Form()
    left = weakref.ref(form)
    await in_turn(scope, form, send)
    del form
    assert left() is None, "what was turned away is kept in memory"
    requests.through.set()
    await asyncio.gather(*asked)
    assert len(answers) == 6


async def test_a_method_that_is_refused_has_no_turn_of_its_own() -> None:
    requests = Requests()
    in_turn = taking_turns(requests)
    scope = {"method": "OPTIONS", "path": "/healthz"}
    asked = [asyncio.create_task(in_turn(scope, None, None)) for _ in range(2 * AT_ONCE)]
    await asyncio.sleep(0.01)
    assert requests.inside == AT_ONCE
    requests.through.set()
    await asyncio.gather(*asked)
