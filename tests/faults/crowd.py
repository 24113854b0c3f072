"""Many browsers in one event loop, whose connections are cut all the time."""

import asyncio
import json
import random
from collections.abc import Iterable
from itertools import chain
from typing import Any, Protocol

from django.contrib.auth.models import Group, User
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from syncengine import roles
from tests.browser.people import session_of
from tests.server import Asked
from tests.sockets import FRAME_LIMIT_S, MAX_FRAME_BYTES, View, address

LONGEST_BACKOFF_S = 1.0


def sessions(count: int, group: str = roles.AUDITORS) -> list[dict[str, str]]:
    """So many people who are signed in: the headers of each."""
    users = [User(username=f"{group} {number}", password="!") for number in range(count)]
    User.objects.bulk_create(users)
    Group.objects.get(name=group).user_set.set(users)
    return [{"Cookie": f"sessionid={session_of(user.username)}"} for user in users]


class Reader(Protocol):
    """One browser."""

    def url(self) -> str: ...

    def take(self, text: str) -> str | None:
        """Read a message; returns what to answer."""


class Page:
    """A page of the product."""

    def __init__(self, web: Asked, acknowledges: bool = True) -> None:
        self.view = View()
        self._web = web
        self.acknowledges = acknowledges

    def url(self) -> str:
        return address(self._web, self.view.cursor if self.view.status else None)

    def take(self, text: str) -> str | None:
        frame = json.loads(text)
        if frame["type"] == "events" and not self.view.status:
            raise AssertionError("events before a snapshot")
        position = self.view.take(frame)
        if position is None or not self.acknowledges:
            return None
        return json.dumps({"type": "ack", "position": position})

    @property
    def has_ended(self) -> bool:
        """Whether it shows the end of a sync."""
        operation = self.view.status and self.view.status["operation"]
        return bool(operation and operation["finished_at"])


async def read(reader: Reader, headers: dict[str, str], origin: str) -> None:
    """Read until the connection ends, which raises ConnectionClosed."""
    connection = await connect(
        reader.url(),
        origin=origin,  # type: ignore[arg-type]
        additional_headers=headers,
        max_size=MAX_FRAME_BYTES,
        proxy=None,
        open_timeout=FRAME_LIMIT_S,
    )
    try:
        while True:
            answer = reader.take(str(await connection.recv()))
            if answer is not None:
                await connection.send(answer)
    finally:
        connection.transport.abort()


class Visit:
    """Somebody who reads for ever; once `shake` is called, the connection is cut after each of the
    times that are given, without a word."""

    def __init__(self, reader: Reader, headers: dict[str, str], origin: str) -> None:
        self._reader, self._headers, self._origin = reader, headers, origin
        self._limit: asyncio.Timeout | None = None
        self._stays_s: float | None = None
        self._is_shaky = False
        self.cuts = 0
        self.refusals = 0  # the server was too busy, or thought that this was too slow

    async def read(self, cuts_s: Iterable[float]) -> None:
        last: list[Any] = [None]
        for self._stays_s in chain(cuts_s, last):
            try:
                async with asyncio.timeout(None) as self._limit:
                    self._count_down()
                    await self._read_over_and_over()
            except TimeoutError:
                self.cuts += 1

    async def _read_over_and_over(self) -> None:
        """As a browser does, which comes back whatever ends its connection."""
        while True:
            try:
                await read(self._reader, self._headers, self._origin)
            except (WebSocketException, OSError):
                self.refusals += 1
                await asyncio.sleep(random.uniform(0, LONGEST_BACKOFF_S))

    def shake(self) -> None:
        self._is_shaky = True
        self._count_down()

    def _count_down(self) -> None:
        if self._is_shaky and self._stays_s is not None and self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + self._stays_s)
