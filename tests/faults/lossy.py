"""A channel layer that loses messages and delivers the others out of order.

`LOSSY` says how: a share such as `0.3` of all messages is lost by chance and each of the others is
late by a time of its own; `third` loses every third one. `LOSSY_FATES` is a file that takes a
letter for each message: `x` lost, `.` delivered. The product knows nothing of this: a process is
started with `DJANGO_SETTINGS_MODULE=tests.faults.lossy_settings`.

What is lost is lost on its way to one receiver, as over the capacity of a channel; others may get
the same message.
"""

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from channels.layers import InMemoryChannelLayer
from channels_redis.core import RedisChannelLayer

SETTINGS = "tests.faults.lossy_settings"
LATEST_S = 0.3


def lossy(how: str, fates: Path) -> dict[str, str]:
    """The environment of a process with such a layer."""
    return {"DJANGO_SETTINGS_MODULE": SETTINGS, "LOSSY": how, "LOSSY_FATES": str(fates)}


def lateness(how: str) -> Iterator[float | None]:
    """For each message, by how many seconds it is late; None for one that is lost."""
    if how == "third":
        while True:
            yield from (0.0, 0.0, None)
    chance = random.Random(20261122)
    while True:
        yield None if chance.random() < float(how) else chance.uniform(0, LATEST_S)


class Lossy:
    """Mixed into a channel layer; each channel has a task that receives for it."""

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._lateness = lateness(os.environ["LOSSY"])
        self._fates = os.open(os.environ["LOSSY_FATES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._arrived: defaultdict[str, asyncio.Queue[Any]] = defaultdict(asyncio.Queue)
        self._receiving: dict[str, asyncio.Task[None]] = {}

    async def receive(self, channel: str) -> Any:
        if channel not in self._receiving:
            self._receiving[channel] = asyncio.create_task(self._receive_for(channel))
        try:
            arrived = await self._arrived[channel].get()
        except asyncio.CancelledError:
            self._receiving.pop(channel).cancel()  # perhaps nobody comes back for more
            raise
        if isinstance(arrived, Exception):
            del self._receiving[channel]
            raise arrived
        return arrived

    async def _receive_for(self, channel: str) -> None:
        arrived = self._arrived[channel]
        try:
            while True:
                message = await super().receive(channel)  # type: ignore[misc]
                late_s = next(self._lateness)
                os.write(self._fates, b"x" if late_s is None else b".")
                if late_s is not None:
                    asyncio.get_running_loop().call_later(late_s, arrived.put_nowait, message)
        except Exception as error:
            arrived.put_nowait(error)


class LossyInMemory(Lossy, InMemoryChannelLayer):
    pass


class LossyRedis(Lossy, RedisChannelLayer):
    pass
