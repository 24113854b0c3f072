"""The socket at `/ws/sync/`: admits a browser to the hub, and takes its acknowledgements."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from syncengine import metrics
from syncengine.hub import process_hub
from syncengine.sockets import (
    CLOSE_BAD_FRAME,
    CLOSE_RESTART,
    CLOSE_SIGNED_OUT,
    CLOSE_TOO_MANY,
    Socket,
)
from syncengine.tail import Cursor

MAX_FRAME_BYTES = 64 * 1024


async def sync_socket(scope: Any, receive: Any, send: Any) -> None:
    """One browser: an ASGI application. Frames and close codes stand in the README, "For programs".

    No `AsyncConsumer` of Channels, which awaits each message in a task of its own: most sockets
    only wait, and that is a fifth of what one of them takes.
    """
    connection = Connection(send)
    try:
        await receive()  # that it connects
        await connection.connect(scope)
        while (message := await receive())["type"] == "websocket.receive":
            await connection.take(message)
    except asyncio.CancelledError:
        # Daphne stops, and has come before the hub's own farewell: to whoever had just sent
        # something that waited for its turn. Or the browser has left long ago, and nobody hears it.
        await connection.close_if_open(CLOSE_RESTART)
        raise
    finally:
        await connection.leave()


class Connection:
    """The server's end of one socket."""

    __slots__ = ("_place", "_send", "_socket")

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._send = send
        self._socket: Socket | None = None
        self._place: int | None = None  # the id of the person whose place in the hub this holds

    async def connect(self, scope: dict[str, Any]) -> None:
        # At once, whoever it is: Daphne gives a handshake five seconds, and where all browsers of a
        # restarted server come at the same time, some have to wait for longer.
        await self._send({"type": "websocket.accept"})
        hub = process_hub()
        rights_changes = hub.rights_changes
        visitor = await hub.visitors.visitor(scope)
        if visitor is None:
            return await self._close(CLOSE_SIGNED_OUT)
        try:
            cursor = parse_cursor(scope["query_string"])
        except ValueError:
            return await self._close(CLOSE_BAD_FRAME)
        if not hub.take_place(visitor.account):
            return await self._close(CLOSE_TOO_MANY)
        self._place = visitor.account
        self._socket = Socket(visitor, self._send_text, self._close)
        await hub.join(self._socket, cursor, rights_changes)

    async def take(self, message: dict[str, Any]) -> None:
        """Take a frame of the browser."""
        if self._socket is None:
            return  # closing already
        try:
            position = parse_acknowledgement(message)
        except ValueError:
            return await self._close(CLOSE_BAD_FRAME)
        await process_hub().acknowledge(self._socket, position)

    async def close_if_open(self, code: int) -> None:
        if self._socket is not None:
            await self._close(code)

    async def leave(self) -> None:
        """Let the hub forget this browser."""
        socket, self._socket = self._socket, None
        place, self._place = self._place, None
        if place is not None:
            process_hub().give_place_back(place)
        if socket is not None:
            await process_hub().leave(socket)

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _close(self, code: int) -> None:
        metrics.socket_closed(code)
        await self.leave()
        await self._send({"type": "websocket.close", "code": code})


def parse_cursor(query_string: bytes) -> Cursor | None:
    """The cursor in `after=N&hash=H`, None where there is neither; ValueError for half a cursor,
    one that is none, or anything else."""
    query = parse_qs(query_string.decode("ascii"), keep_blank_values=True, strict_parsing=False)
    if not query:
        return None
    if query.keys() != {"after", "hash"} or any(len(values) != 1 for values in query.values()):
        raise ValueError("a cursor is after=N&hash=H")
    after, hash_ = query["after"][0], query["hash"][0]
    if not (after.isascii() and after.isdecimal() and len(after) <= 16):
        raise ValueError("after is a position")
    if len(hash_) != 64 or not set(hash_) <= set("0123456789abcdef"):
        raise ValueError("hash is 64 hex digits")
    return Cursor(int(after), hash_)


def parse_acknowledgement(message: dict[str, Any]) -> int:
    """The position in `{"type": "ack", "position": N}`; ValueError for every other frame."""
    text = message.get("text")
    if text is None or len(text.encode()) > MAX_FRAME_BYTES:
        raise ValueError("no text, or too much of it")
    try:
        frame = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if (
        not isinstance(frame, dict)
        or frame.keys() != {"type", "position"}
        or frame["type"] != "ack"
        or type(frame["position"]) is not int
        or frame["position"] < 0
    ):
        raise ValueError("no acknowledgement")
    return frame["position"]
