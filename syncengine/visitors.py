"""Who it is that opens a socket: whom the session in the cookie has signed in, and what they may.

Channels' `AuthMiddlewareStack` tells, too, but on a database server it connects anew for each
question, and on one thread for all: a restarted server admitted 40 browsers a second.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.db import Error
from django.http import HttpRequest, parse_cookie

from syncengine import rights, roles
from syncengine.duties import DatabaseThread
from syncengine.rights import Admission


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in."""

    name: str
    admission: Admission

    @property
    def may_read_history(self) -> bool:
        return not self.admission.roles.isdisjoint(roles.MAY_READ_HISTORY)


_database = DatabaseThread("visitors")


async def visitor(scope: dict[str, Any]) -> Visitor | None:
    """Who opens this socket; None for somebody who is not signed in."""
    session_key = _session_key(scope)
    try:
        return await _database(visitor_of, session_key)
    except Error:
        # The connection may be of before a restart of the server; this is on a new one.
        return await _database(visitor_of, session_key)


def visitor_of(session_key: str | None) -> Visitor | None:
    """Whom this session has signed in, in at most three queries."""
    request = HttpRequest()
    # The engine of the settings: it asks a database for nothing that could be no key.
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    if session_key is None or not isinstance(user, User):
        return None
    name = user.get_full_name() or user.get_username()
    return Visitor(name, rights.admission(user, session_key))


def _session_key(scope: dict[str, Any]) -> str | None:
    cookies = dict(scope["headers"]).get(b"cookie", b"").decode("latin1")
    return parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
