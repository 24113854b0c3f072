"""Browsers that open a socket and never read from it, at the level of TCP."""

import os
import select
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from django.db import connections

from syncengine import log
from tests.server import Asked
from tests.sockets import Socket

RECEIVE_BUFFER_BYTES = 4096  # little, so that the server's memory has to hold what is sent
CONNECT_LIMIT_S = 20.0


class Deaf:
    """One of them; the handshake is all that it sends by itself. Without a name, nobody's."""

    def __init__(self, web: Asked, username: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self._socket.settimeout(CONNECT_LIMIT_S)
        self._socket.connect(("127.0.0.1", web.port))
        headers = {
            "Host": f"127.0.0.1:{web.port}",
            "Origin": web.origin,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **(web.login(username) if username else {"Cookie": f"sessionid={'a' * 32}"}),
        }
        lines = ["GET /ws/sync/ HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def pour(self, frames: bytes) -> None:
        """Send these, too, once the handshake is answered; OSError if the server has hung up."""
        select.select([self._socket], [], [], CONNECT_LIMIT_S)
        self._socket.sendall(frames)

    @property
    def is_gone(self) -> bool:
        """Whether the server has cut the connection."""
        poll = select.poll()
        poll.register(self._socket, select.POLLRDHUP)
        return any(event & (select.POLLRDHUP | select.POLLHUP) for _, event in poll.poll(0))

    def close(self) -> None:
        self._socket.close()


DEAF = 20
LARGE = {f"text{number}": "x" * 10_000 for number in range(6)}  # 64 KiB is the most


def large_events(count: int) -> int:
    """Append so many from this process; returns the position of the last one."""
    act = {"by": "ann", "what": "log", "filter": LARGE, "result": {}}
    for _ in range(count):
        with log.appending() as appender:
            position = appender.append("verified", act, None).position
    connections.close_all()
    return position


def acknowledgement(position: int) -> bytes:
    """The frame of a browser, masked with zeros (RFC 6455, 5.2 and 5.3)."""
    text = f'{{"type": "ack", "position": {position}}}'.encode()
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


@contextmanager
def readers_that_never_read(web: Asked, quick: Socket) -> Iterator[list[Deaf]]:
    """As many as an account may have, once the server knows of them; `quick` is one that reads."""
    with ExitStack() as stack:
        readers = [stack.enter_context(closing(Deaf(web, "viewer"))) for _ in range(DEAF)]
        while "viewer" not in quick.next("watchers")["names"]:
            pass
        yield readers
