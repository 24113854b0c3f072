"""What Daphne leaves to us: it takes a request of any size into memory before anybody is asked,
lets a header of the client's say where the site is mounted, and starts as many at once as come."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any

from daphne import http_protocol
from django.conf import settings
from django.utils.http import parse_header_parameters

Application = Callable[..., Awaitable[Any]]

# Each has a thread and a connection to the database, of which PostgreSQL gives 100 to all.
AT_ONCE = 20
# Whoever signs in has a password hashed, which takes half a second of a processor by design: others
# wait for few of them, and they for each other.
SIGN_INS_AT_ONCE = 2
SIGN_INS = ("/accounts/login/", "/admin/login/")
UNREADABLE = b"application/x-www-form-urlencoded; charset=unreadable"  # which Django refuses


class BoundedRequest(http_protocol.WebRequest):
    """A request that keeps nothing of a body that is too large. It still says how large that was,
    so that the gate behind refuses it."""

    _received_bytes = 0

    def handleContentChunk(self, data: bytes) -> None:
        self._received_bytes += len(data)
        if self._received_bytes <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            super().handleContentChunk(data)
        else:
            self.content.seek(0)
            self.content.truncate()

    def process(self) -> Any:
        self.requestHeaders.removeHeader(b"daphne-root-path")
        # One that came in chunks does not say it by itself.
        if self.requestHeaders.hasHeader(b"transfer-encoding"):
            length = str(self._received_bytes).encode()
            self.requestHeaders.setRawHeaders(b"content-length", [length])
        # Django fails over some that it cannot read, before anything of ours could answer.
        if not all(map(_can_be_read, self.requestHeaders.getRawHeaders(b"content-type") or ())):
            self.requestHeaders.setRawHeaders(b"content-type", [UNREADABLE])
        return super().process()


def _can_be_read(content_type: bytes) -> bool:
    try:
        _, parameters = parse_header_parameters(content_type.decode("latin-1"))
    except (ValueError, LookupError):
        return False
    return "\0" not in parameters.get("charset", "")


def bound() -> None:
    """Let Daphne's server make its requests of this class; it offers no other way."""
    http_protocol.WebRequest = BoundedRequest


def taking_turns(application: Application) -> Application:
    """Answer so many requests at once; the others wait for their turn, all but the one that asks
    whether this process is alive. Sign-ins take turns among themselves before that."""
    turns, sign_ins = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(SIGN_INS_AT_ONCE)

    async def in_turn(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] == "/healthz":
            await application(scope, receive, send)
            return
        signs_in = scope.get("method") == "POST" and scope["path"] in SIGN_INS
        async with sign_ins if signs_in else nullcontext(), turns:
            await application(scope, receive, send)

    return in_turn
