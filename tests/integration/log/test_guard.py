"""The verification beside a worker, where the database is away when it is due."""

import asyncio
import threading

import pytest
from django.db import OperationalError

from syncengine import guard
from syncengine.duties import tried_again
from syncengine.guard import EVERY_S, Guard

LIMIT_S = 60.0
assert LIMIT_S < EVERY_S


def test_it_is_made_up_for_when_the_database_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, verified = [], threading.Event()

    def check(progress: object) -> None:
        asked.append(progress)
        if len(asked) == 1:
            raise OperationalError("the connection is closed")
        verified.set()

    monkeypatch.setattr(guard, "check", check)

    async def guarding() -> None:
        one = Guard()
        task = asyncio.create_task(tried_again(one.guarding))
        assert await asyncio.to_thread(verified.wait, LIMIT_S)
        task.cancel()
        await one.close()

    asyncio.run(guarding())
