"""Sockets as browsers open them: with Origin, session and cursor; they acknowledge what they get.

Both kinds keep every event and the status that follows, and fail at a gap or a repetition.
"""

import json
from contextlib import ExitStack
from typing import Any, Self
from urllib.parse import urlencode

import websockets.asyncio.client
import websockets.sync.client
from websockets.exceptions import ConnectionClosed

from syncengine.events import Event
from syncengine.projection import Status, fold
from tests.server import Server

FRAME_LIMIT_S = 20.0
MAX_FRAME_BYTES = 2**24


class View:
    """What a page knows: a status, and the events that it folded into it."""

    def __init__(self) -> None:
        self.status: Status = {}
        self.events: list[Event] = []
        self.snapshots = 0

    @property
    def cursor(self) -> tuple[int, str]:
        return self.status["position"], self.status["hash"]

    def take(self, frame: dict[str, Any]) -> int | None:
        """Fold a frame; returns the position to acknowledge."""
        if frame["type"] == "snapshot":
            assert (frame["position"], frame["hash"]) == (
                frame["status"]["position"],
                frame["status"]["hash"],
            )
            self.status = frame["status"]
            self.snapshots += 1
        elif frame["type"] == "events":
            events = [Event(**event) for event in frame["events"]]
            self.status = fold(events, self.status)  # raises Gap
            self.events += events
            return events[-1].position
        return None


def address(server: Server, cursor: tuple[int, str] | None = None) -> str:
    if cursor is None:
        return server.socket_url
    return f"{server.socket_url}?{urlencode({'after': cursor[0], 'hash': cursor[1]})}"


class Socket:
    """A socket that is read step by step."""

    def __init__(
        self,
        server: Server,
        username: str = "auditor",
        cursor: tuple[int, str] | None = None,
        *,
        url: str = "",
        origin: str | None = "",
    ) -> None:
        self.view = View()
        opening = websockets.sync.client.connect(
            url or address(server, cursor),
            origin=server.origin if origin == "" else origin,  # type: ignore[arg-type]
            additional_headers=server.login(username) if username else {},
            max_size=MAX_FRAME_BYTES,
            proxy=None,
            open_timeout=FRAME_LIMIT_S,
        )
        self._closing = ExitStack()
        self._connection = self._closing.enter_context(opening)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._closing.close()

    def frame(self, limit_s: float = FRAME_LIMIT_S, *, acknowledge: bool = True) -> dict[str, Any]:
        """The next frame, whatever it is."""
        frame: dict[str, Any] = json.loads(self._connection.recv(limit_s))
        position = (
            self.view.take(frame) if frame["type"] == "snapshot" or self.view.status else None
        )
        if acknowledge and position is not None:
            self.send({"type": "ack", "position": position})
        return frame

    def next(self, kind: str, *, acknowledge: bool = True) -> dict[str, Any]:
        """The next frame of a type; others are passed over."""
        while True:
            frame = self.frame(acknowledge=acknowledge)
            if frame["type"] == kind:
                return frame

    def follow_to(self, position: int) -> Status:
        """Read until the view has reached a position."""
        while self.view.status["position"] < position:
            self.frame()
        return self.view.status

    def send(self, frame: Any) -> None:
        self._connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    def close_code(self, *, acknowledge: bool = False) -> int | None:
        """Read until the server closes; returns with which code."""
        try:
            while True:
                if acknowledge:
                    self.frame()
                else:
                    self._connection.recv(FRAME_LIMIT_S)
        except ConnectionClosed as closed:
            return closed.rcvd and closed.rcvd.code


async def follow(server: Server, username: str, view: View, reconnect_after: int) -> None:
    """Follow until cancelled, leaving without a word after so many frames, and coming back by the
    cursor."""
    cursor = None
    headers = server.login(username)
    while True:
        connection = await websockets.asyncio.client.connect(
            address(server, cursor),
            origin=server.origin,  # type: ignore[arg-type]
            additional_headers=headers,
            max_size=MAX_FRAME_BYTES,
            proxy=None,
            open_timeout=FRAME_LIMIT_S,
        )
        try:
            for _ in range(reconnect_after):
                position = view.take(json.loads(await connection.recv()))
                if position is not None:
                    await connection.send(json.dumps({"type": "ack", "position": position}))
        finally:
            connection.transport.abort()
        cursor = view.cursor
