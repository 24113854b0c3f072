"""Many browsers in one event loop, whose connections are cut all the time."""

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.contrib.auth.models import Group, User
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from syncengine import roles
from tests.browser.people import session_of
from tests.demo import ROOT
from tests.server import Asked
from tests.sockets import FRAME_LIMIT_S, MAX_FRAME_BYTES, View, address

# The browsers' own numbers.
BACKOFF = (ROOT / "frontend/static/js/backoff.js").read_text()
FIRST_S, LONGEST_S = (
    int(ms) / 1000 for ms in re.findall(r"^const (?:FIRST|LONGEST)_MS = ([0-9_]+)", BACKOFF, re.M)
)


def backoff_s(attempt: int) -> float:
    """As `backoffMs` there."""
    return random.uniform(0, min(LONGEST_S, FIRST_S * 2**attempt))


def sessions(count: int, group: str = roles.AUDITORS) -> list[dict[str, str]]:
    """So many people who are signed in, in this group or in none: the headers of each."""
    users = [User(username=f"{group or 'anybody'} {n}", password="!") for n in range(count)]
    User.objects.bulk_create(users)
    for one in Group.objects.filter(name=group):
        one.user_set.set(users)
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
    def done(self) -> int:
        """How many albums of a sync are done."""
        operation = self.view.status and self.view.status["operation"]
        return operation["synced"] + operation["failed"] if operation else 0

    @property
    def has_ended(self) -> bool:
        """Whether it shows the end of a sync."""
        operation = self.view.status and self.view.status["operation"]
        return bool(operation and operation["finished_at"])


async def read(
    reader: Reader,
    headers: dict[str, str],
    origin: str,
    on_message: Callable[[], None] = lambda: None,
) -> None:
    """Read until the connection ends, which raises ConnectionClosed. Without an origin it is that
    of the server which is asked, as behind a proxy."""
    url = reader.url()
    connection = await connect(
        url,
        origin=origin or f"http://{urlsplit(url).netloc}",  # type: ignore[arg-type]
        additional_headers=headers,
        max_size=MAX_FRAME_BYTES,
        proxy=None,
        open_timeout=FRAME_LIMIT_S,
    )
    try:
        while True:
            answer = reader.take(str(await connection.recv()))
            on_message()
            if answer is not None:
                await connection.send(answer)
    finally:
        connection.transport.abort()


class Visit:
    """Somebody who reads for ever, and comes back as a browser does, whatever ends the connection.

    Once `shake` is called, it is cut after each of the times that are given, without a word.
    """

    def __init__(self, reader: Reader, headers: dict[str, str], origin: str) -> None:
        self._reader, self._headers, self._origin = reader, headers, origin
        self._limit: asyncio.Timeout | None = None
        self._stays_s: float | None = None
        self._is_shaky = False
        self._attempt = 0
        self.cuts = 0
        self.refusals = 0  # and whatever else was not a cut
        self.live_since: float | None = None  # monotonic

    async def read(self, cuts_s: Iterable[float] = ()) -> None:
        last: list[Any] = [None]
        for self._stays_s in chain(cuts_s, last):
            try:
                async with asyncio.timeout(None) as self._limit:
                    self._count_down()
                    await self._read_over_and_over()
            except TimeoutError:
                self.cuts += 1

    def shake(self) -> None:
        self._is_shaky = True
        self._count_down()

    def _count_down(self) -> None:
        if self._is_shaky and self._stays_s is not None and self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + self._stays_s)

    async def _read_over_and_over(self) -> None:
        while True:
            try:
                await read(self._reader, self._headers, self._origin, self._note)
            except (WebSocketException, OSError):
                self.refusals += 1
            self.live_since = None
            await asyncio.sleep(backoff_s(self._attempt))
            self._attempt += 1

    def _note(self) -> None:
        self._attempt = 0
        self.live_since = self.live_since or time.monotonic()
