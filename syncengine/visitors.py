"""Who it is that opens a socket, or has opened it: whom a session has signed in, and what they may.

Channels' `AuthMiddlewareStack` tells, too, but asks for each socket by itself, on one thread for
all, and on a database server connects anew for each question: a restarted server admitted 40
browsers a second. Here those that come together are asked for together.
"""

import asyncio
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import parse_cookie

from syncengine.duties import DatabaseThread
from syncengine.rights import Visitor, visitors_of

MAX_KEY_CHARACTERS = 40
GATHER_S = 0.05  # at least between two questions, so that those who come meanwhile share one
CROWD = 10  # browsers; where so many come within that time, more are waited for
CROWD_GATHERS_S = 0.25  # for as long as so many come in each of these: a busy process has its fits
MOST_GATHER_S = 1.0  # after the question before; then no other of these begins


class Visitors:
    """Tells who opens the sockets of one event loop, and who has opened them."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._next: tuple[set[str], asyncio.Task[dict[str, Visitor]]] | None = None
        self._asked_at = float("-inf")  # by the clock of the event loop
        self._waiting = 0  # who will hear the next answer
        self._database = DatabaseThread("visitors")

    async def visitor(self, scope: dict[str, Any]) -> Visitor | None:
        """Who opens this socket; None for somebody who is not signed in. Raises the errors of the
        database."""
        key = _session_key(scope)
        return None if key is None else (await self.of({key})).get(key)

    async def of(self, sessions: Collection[str]) -> dict[str, Visitor]:
        """Whom at least these sessions have signed in, by their keys. Raises the errors of the
        database."""
        if self._next is None:
            new: set[str] = set()
            self._next = new, asyncio.create_task(self._ask(new))
        keys, answer = self._next
        keys.update(sessions)
        self._waiting += 1
        # Whoever goes away meanwhile must not take the answer of the others along.
        return await asyncio.shield(answer)

    async def _ask(self, keys: set[str]) -> dict[str, Visitor]:
        clock = asyncio.get_running_loop().time
        async with self._turn:
            await asyncio.sleep(self._asked_at + GATHER_S - clock())
            crowd = 0
            while self._waiting >= crowd + CROWD and clock() < self._asked_at + MOST_GATHER_S:
                crowd = self._waiting
                await asyncio.sleep(CROWD_GATHERS_S)
            self._next, self._waiting = None, 0  # whoever comes from now on is of the next one
            self._asked_at = clock()
            try:
                return await self._database(visitors_of, keys)
            except Error:
                # The connection may be of before a restart of the server; this is on a new one.
                return await self._database(visitors_of, keys)


def _session_key(scope: dict[str, Any]) -> str | None:
    """The key that the cookie holds; None where there is none, or something that can be none."""
    cookies = dict(scope["headers"]).get(b"cookie", b"").decode("latin1")
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    return key if key.isascii() and key.isalnum() and len(key) <= MAX_KEY_CHARACTERS else None
