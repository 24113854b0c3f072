"""What Daphne leaves to us: it takes a request of any size into memory before anybody is asked, has
its form taken apart for nobody, lets a header of the client's say where the site is mounted and
fails over others, and keeps in memory what is sent faster than its reader takes it."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any

from daphne import http_protocol
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.http import parse_header_parameters

logger = logging.getLogger("groovelog.http")

Application = Callable[..., Awaitable[Any]]

MAX_CONTENT_TYPE_BYTES = 1000  # a boundary has 70 at most; one made for it takes long to read
UNREADABLE = b"application/x-www-form-urlencoded; charset=unreadable"  # which Django refuses
# One that would move the site, and two that nothing here uses and Daphne fails over: of any byte
# that is not ASCII it makes a 500, with a traceback in the log.
NOT_THE_CLIENTS = (b"daphne-root-path", b"x-forwarded-port", b"sec-websocket-protocol")
STALLED_S = 60.0  # who takes nothing of a long answer for so long does not get the rest


class Reader:
    """What Twisted tells of whoever reads an answer (its IPushProducer)."""

    def __init__(self) -> None:
        self.has_room = asyncio.Event()
        self.has_room.set()

    def pauseProducing(self) -> None:
        self.has_room.clear()

    def resumeProducing(self) -> None:
        self.has_room.set()

    def stopProducing(self) -> None:
        self.has_room.set()  # nobody reads any more, so nobody is to be waited for


class BoundedRequest(http_protocol.WebRequest):
    """A request that keeps nothing of a body that is too large. It still says how large that was,
    so that the gate behind refuses it."""

    _received_bytes = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reader = Reader()
        # Twisted would take a form apart in the event loop, for a result that Daphne never looks
        # at: a megabyte of a form made for it took over 20 s. Django does it behind the gate.
        self._parsePOSTFormSubmission = False

    def handleContentChunk(self, data: bytes) -> None:
        self._received_bytes += len(data)
        if self._received_bytes <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            super().handleContentChunk(data)
        else:
            self.content.seek(0)
            self.content.truncate()

    def process(self) -> Any:
        for name in NOT_THE_CLIENTS:
            self.requestHeaders.removeHeader(name)
        self._keep_first(b"x-forwarded-for", _address)
        self._keep_first(b"x-forwarded-proto", _scheme)
        # One that came in chunks does not say it by itself.
        if self.requestHeaders.hasHeader(b"transfer-encoding"):
            length = str(self._received_bytes).encode()
            self.requestHeaders.setRawHeaders(b"content-length", [length])
        # Django fails over some that it cannot read, before anything of ours could answer.
        if not all(map(_can_be_read, self.requestHeaders.getRawHeaders(b"content-type") or ())):
            self.requestHeaders.setRawHeaders(b"content-type", [UNREADABLE])
        return super().process()

    def _keep_first(self, name: bytes, read: Callable[[str], str | None]) -> None:
        """Leave of a proxy's header the first that it lists, as `read` has it; nothing where that
        has none. Some proxies add a port, or write that they do not know, over which the count of
        sign-ins fails."""
        if values := self.requestHeaders.getRawHeaders(name):
            if first := read(values[0].decode("latin-1").split(",")[0].strip()):
                self.requestHeaders.setRawHeaders(name, [first.encode()])
            else:
                self.requestHeaders.removeHeader(name)

    def pace(self) -> None:
        """From now on `taken` waits for the reader."""
        if self.channel is not None:
            self.registerProducer(self._reader, True)

    async def taken(self) -> None:
        """Wait until the reader has room for more; one who does not read is hung up on."""
        try:
            async with asyncio.timeout(STALLED_S):
                await self._reader.has_room.wait()
        except TimeoutError:
            self.hang_up()

    def hang_up(self) -> None:
        """An answer that breaks off must not look whole."""
        if self.channel is not None:
            self.channel.transport.abortConnection()

    def finish(self) -> None:
        if self.producer is not None:
            self.unregisterProducer()
        super().finish()

    def connectionLost(self, reason: Any) -> None:
        self._reader.stopProducing()
        super().connectionLost(reason)

    def handle_exception(self, exception: BaseException) -> None:
        """An answer that has begun cannot become an error: Daphne would fail over that."""
        if self._response_started:
            self.hang_up()
        else:
            super().handle_exception(exception)


def _address(text: str) -> str | None:
    """The IP address in `203.0.113.5`, `203.0.113.5:5678`, `2001:db8::1` or `[2001:db8::1]:443`."""
    bare = re.fullmatch(r"\[(.*)\](?::[0-9]+)?|([0-9.]+):[0-9]+", text)
    try:
        address = ip_address(text if bare is None else bare[1] or bare[2])
    except ValueError:
        return None
    return None if "%" in str(address) else str(address)  # a zone is of use on its machine only


def _scheme(text: str) -> str | None:
    return text if text in ("http", "https") else None


def _can_be_read(content_type: bytes) -> bool:
    if len(content_type) > MAX_CONTENT_TYPE_BYTES:
        return False
    try:
        _, parameters = parse_header_parameters(content_type.decode("latin-1"))
    except (ValueError, LookupError, TypeError):
        return False
    return "\0" not in parameters.get("charset", "")


def bound() -> None:
    """Let Daphne's server make its requests of this class; it offers no other way."""
    http_protocol.WebRequest = BoundedRequest


def at_the_readers_pace(application: Application) -> Application:
    """Send an answer whose length is not known beforehand only as fast as it is read. Others are in
    memory already, and to wait would only hold up a turn. An answer whose reader may not have the
    rest breaks off by a PermissionDenied."""

    async def paced(scope: dict[str, Any], receive: Any, send: Any) -> None:
        request = getattr(send, "args", (None,))[0]  # Daphne's `send` is a partial of its method
        if not isinstance(request, BoundedRequest):
            await application(scope, receive, send)
            return
        waits = False

        async def send_paced(message: dict[str, Any]) -> None:
            nonlocal waits
            await send(message)
            if message["type"] == "http.response.start":
                waits = all(name.lower() != b"content-length" for name, _ in message["headers"])
                if waits:
                    request.pace()
            elif waits and message.get("more_body"):
                await request.taken()

        try:
            await application(scope, receive, send_paced)
        except PermissionDenied as error:  # of an answer that has begun: else Django answers it
            logger.warning("an answer breaks off: %s", error)
            request.hang_up()

    return paced
