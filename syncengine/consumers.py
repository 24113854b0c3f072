"""The socket at `/ws/sync/`: admits a browser to the hub, and takes its acknowledgements."""

import asyncio
import json
import logging
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

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

logger = logging.getLogger("groovelog.sockets")

MAX_FRAME_BYTES = 64 * 1024


class SyncConsumer(AsyncConsumer):
    """One browser. Frames and close codes stand in the README, "For programs"."""

    # No layer has this name, so Channels subscribes to none: the hub does, once for all sockets.
    channel_layer_alias = "none"
    _socket: Socket | None = None
    _place: int | None = None  # the id of the person whose place in the hub this holds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            if self._socket is not None:
                # Daphne stops, and has come before the hub's own farewell: to whoever had just
                # sent something that waited for its turn.
                await self._close(CLOSE_RESTART)
            raise
        finally:
            # However it ends: after an error or a cancellation no disconnect is dispatched.
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels' own goes through a thread for each message to look after database connections;
        # none is used here.
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        # At once, whoever it is: Daphne gives a handshake five seconds, and where all browsers of a
        # restarted server come at the same time, some have to wait for longer.
        await self.send({"type": "websocket.accept"})
        hub = process_hub()
        rights_changes = hub.rights_changes
        visitor = await hub.visitors.visitor(self.scope)
        if visitor is None:
            return await self._close(CLOSE_SIGNED_OUT)
        try:
            cursor = parse_cursor(self.scope["query_string"])
        except ValueError:
            return await self._close(CLOSE_BAD_FRAME)
        account = visitor.admission.account
        if not hub.take_place(account):
            return await self._close(CLOSE_TOO_MANY)
        self._place = account
        self._socket = Socket(
            visitor.name,
            visitor.admission,
            visitor.may_read_history,
            self._send_text,
            self._close,
        )
        await hub.join(self._socket, cursor, rights_changes)

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self._socket is None:
            return  # closing already
        try:
            position = parse_acknowledgement(message)
        except ValueError:
            return await self._close(CLOSE_BAD_FRAME)
        await process_hub().acknowledge(self._socket, position)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer

    async def _send_text(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

    async def _close(self, code: int) -> None:
        metrics.socket_closed(code)
        await self._leave()
        await self.base_send({"type": "websocket.close", "code": code})

    async def _leave(self) -> None:
        socket, self._socket = self._socket, None
        place, self._place = self._place, None
        if place is not None:
            process_hub().give_place_back(place)
        if socket is not None:
            await process_hub().leave(socket)


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
