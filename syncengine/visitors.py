"""Who it is that opens a socket: whom the session in the cookie has signed in, and what they may.

Channels' `AuthMiddlewareStack` tells, too, but asks for each socket by itself, on one thread for
all, and on a database server connects anew for each question: a restarted server admitted 40
browsers a second. Here those that come together are asked for together.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import Error
from django.http import parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from syncengine import rights, roles
from syncengine.duties import DatabaseThread
from syncengine.rights import Admission

MAX_KEY_CHARACTERS = 40
MAX_ACCOUNT = 2**63 - 1  # the largest number that databases take
GATHER_S = 0.05  # at least between two questions, so that those who come meanwhile share one
CROWD = 10  # browsers that come within that time, and more are waited for ...
MOST_GATHER_S = 1.0  # ... but not for longer than this after the question before


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in."""

    name: str
    admission: Admission

    @property
    def may_read_history(self) -> bool:
        return not self.admission.roles.isdisjoint(roles.MAY_READ_HISTORY)


class Visitors:
    """Tells who opens the sockets of one event loop."""

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
        if key is None:
            return None
        if self._next is None:
            new: set[str] = set()
            self._next = new, asyncio.create_task(self._ask(new))
        keys, answer = self._next
        keys.add(key)
        self._waiting += 1
        # Whoever goes away meanwhile must not take the answer of the others along.
        return (await asyncio.shield(answer)).get(key)

    async def _ask(self, keys: set[str]) -> dict[str, Visitor]:
        clock = asyncio.get_running_loop().time
        async with self._turn:
            await asyncio.sleep(self._asked_at + GATHER_S - clock())
            crowd = 0
            while self._waiting >= crowd + CROWD and clock() < self._asked_at + MOST_GATHER_S:
                crowd = self._waiting
                await asyncio.sleep(GATHER_S)
            self._next, self._waiting = None, 0  # whoever comes from now on is of the next one
            self._asked_at = clock()
            try:
                return await self._database(visitors_of, keys)
            except Error:
                # The connection may be of before a restart of the server; this is on a new one.
                return await self._database(visitors_of, keys)


def visitors_of(session_keys: Collection[str]) -> dict[str, Visitor]:
    """Whom these sessions have signed in, by session, in two queries however many there are.

    What it takes for a session to count is what `django.contrib.auth.get_user` asks of one.
    """
    rows = Session.objects.filter(
        session_key__in=session_keys, expire_date__gt=timezone.now()
    ).values_list("session_key", "session_data")
    # The engine of the settings knows how its sessions are written.
    decode = import_module(settings.SESSION_ENGINE).SessionStore().decode
    sessions = {
        key: signed_in for key, data in rows if (signed_in := _signed_in(decode(data))) is not None
    }
    accounts = rights.accounts({account for account, _ in sessions.values()})
    found = {}
    for key, (number, credentials) in sessions.items():
        account = accounts.get(number)
        if account is not None and constant_time_compare(credentials, account.credentials):
            found[key] = Visitor(account.name, rights.admission(account, key))
    return found


def _signed_in(session: Any) -> tuple[int, str] | None:
    """The account that this session says it has signed in, and by which credentials; None where it
    says nothing that Django would write. Such a one must not spoil the answer of all the others."""
    try:
        account = int(session[SESSION_KEY])
        backend, credentials = session[BACKEND_SESSION_KEY], session[HASH_SESSION_KEY]
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    is_sound = (
        0 < account <= MAX_ACCOUNT
        and backend in settings.AUTHENTICATION_BACKENDS
        and isinstance(credentials, str)
        and credentials.isascii()
    )
    return (account, credentials) if is_sound else None


def _session_key(scope: dict[str, Any]) -> str | None:
    """The key that the cookie holds; None where there is none, or something that can be none."""
    cookies = dict(scope["headers"]).get(b"cookie", b"").decode("latin1")
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    return key if key.isascii() and key.isalnum() and len(key) <= MAX_KEY_CHARACTERS else None
