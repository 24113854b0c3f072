"""How often a hub looks at the log for those who have seen more of it than the hub."""

import asyncio
import time
from typing import Any

import pytest
from django.db import OperationalError

from syncengine import hub, roles
from syncengine.hub import LOOKS_APART_S, Hub
from syncengine.rights import Visitor
from syncengine.sockets import Socket
from syncengine.tail import Cursor

ANN = Visitor("session", 1, "Ann", frozenset({roles.AUDITORS}))
BROWSERS = 200
AHEAD = Cursor(10**15, "0" * 64)  # as after a backup of before was restored


def test_those_who_come_together_from_a_longer_log_share_a_look(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    look = hub._head_and_workers

    def counted() -> tuple[Cursor, list[Any]]:
        nonlocal looks
        looks += 1
        return look()

    monkeypatch.setattr(hub, "_head_and_workers", counted)
    got, took_s = asyncio.run(everybody_joins())
    assert all('"type":"snapshot"' in first for first in got)
    # The first look of all, one under way as they come, and those of the hub itself.
    assert looks <= 3 + 2 * took_s / LOOKS_APART_S


def test_a_look_that_failed_is_none_for_who_waits_for_it(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, asked = hub._head_and_workers, 0

    def fails_once() -> tuple[Cursor, list[Any]]:
        nonlocal asked
        asked += 1
        if asked == 1:
            time.sleep(0.1)  # until others wait for it
            raise OperationalError("the connection is closed")
        return look()

    monkeypatch.setattr(hub, "_head_and_workers", fails_once)

    async def both_look() -> list[BaseException | None]:
        one, now = Hub(), time.monotonic()
        both = await asyncio.gather(one._look(now), one._look(now), return_exceptions=True)
        await one._database.close()
        return both

    first, second = asyncio.run(both_look())
    assert isinstance(first, OperationalError)
    assert second is None
    assert asked == 2


async def everybody_joins() -> tuple[list[str], float]:
    """What each of them got first, and how long that took."""
    began = time.monotonic()
    one = Hub()
    running = asyncio.create_task(one.run())
    got: list[list[str]] = [[] for _ in range(BROWSERS)]
    await asyncio.gather(*(one.join(socket_of(texts), AHEAD, 0) for texts in got))
    took_s = time.monotonic() - began
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await one._database.close()
    return [texts[0] for texts in got], took_s


def socket_of(texts: list[str]) -> Socket:
    async def send(text: str) -> None:
        texts.append(text)

    async def hang_up(code: int) -> None:
        texts.append(f"closed with {code}")

    return Socket(ANN, send, hang_up)
