"""What Daphne leaves to us of web sockets: it takes whatever frames a peer sends, as fast as they
come, into a queue without an end, keeps in memory what a peer does not read, and frames and queues
anew for each peer what is the same for all."""

import time
from functools import lru_cache

from autobahn.websocket.protocol import PreparedMessage
from daphne import ws_protocol
from twisted.internet import tcp

# Frames that nobody has looked at yet. A program that acknowledges every frame may owe nearly as
# many at once: it is sent 512 KiB ahead (`WINDOW_BYTES`), in frames of 300 bytes at least.
MAX_WAITING = 2000
MAX_WAITING_BYTES = 256 * 1024  # and one frame more
# A browser sends acknowledgements, and a pong every 20 seconds. So many other frames are no
# accident: pings, pongs, pieces of messages, and anything before we sent or after we closed.
MAX_STRAYS = 100
STRAYS_S = 10.0
UNREAD_S = 10.0  # who has not taken all that is in memory after so long, whatever it acknowledges


class BoundedWebSocket(ws_protocol.WebSocketProtocol):
    """A web socket that hangs up at once on a peer that sends more than anybody needs, whoever it
    is, and on one that does not read, whatever it acknowledges; that answers no pings of one who
    does not read the answers, and that writes at once."""

    _waiting_bytes = 0
    _strays = 0
    _strays_since = 0.0  # monotonic
    _unread_since: float | None = None  # monotonic; None while the peer reads
    _has_sent = False  # only to whom is admitted

    def onOpen(self) -> None:
        # Twisted tells one object whether the peer reads; until now that was the request.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, True)
        super().onOpen()

    def pauseProducing(self) -> None:
        if self._unread_since is None:  # Twisted says so again at every further write
            self._unread_since = time.monotonic()

    def resumeProducing(self) -> None:
        self._unread_since = None

    def stopProducing(self) -> None:
        self._unread_since = None  # the connection is gone

    def check_timeouts(self) -> None:
        """Daphne calls it every two seconds."""
        since = self._unread_since
        if since is not None and time.monotonic() - since > UNREAD_S:
            self._hang_up()
        super().check_timeouts()

    def onFrameBegin(self) -> None:
        """Every frame is a stray until `onMessage` finds that it is none."""
        now = time.monotonic()
        if now - self._strays_since > STRAYS_S:
            self._strays, self._strays_since = 0, now
        self._strays += 1
        if self._strays > MAX_STRAYS:
            self._hang_up()
        super().onFrameBegin()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.state != self.STATE_OPEN:
            return  # we have closed, so nobody wants it
        if self.application_queue.empty():
            self._waiting_bytes = 0
        if self.application_queue.qsize() >= MAX_WAITING or self._waiting_bytes > MAX_WAITING_BYTES:
            return self._hang_up()
        if self._has_sent:
            self._strays -= 1
        self._waiting_bytes += len(payload)
        super().onMessage(payload, isBinary)

    def serverSend(self, content: str | bytes, binary: bool = False) -> None:
        self._has_sent = True
        if (
            isinstance(content, str)
            and self.state == self.STATE_OPEN
            and isinstance(self.transport, tcp.Connection)
            and not self.transport.TLS
            and not self.send_queue
        ):
            self._write(_frame(content))
        else:
            super().serverSend(content, binary)

    def _write(self, frame: bytes) -> None:
        """Let the system have it now. Twisted's own `write` only keeps it, and asks to be told when
        the peer can be written to, which takes four times as long as to write: it is for what
        the system does not take."""
        transport, written = self.transport, 0
        if transport.connected and not (transport.dataBuffer or transport._tempDataLen):
            result = transport.writeSomeData(frame)
            # An error comes again where Twisted writes, which ends the connection for it.
            written = result if isinstance(result, int) else 0
        if written < len(frame):
            transport.write(frame[written:])

    def onPing(self, payload: bytes) -> None:
        if self._unread_since is None:
            super().onPing(payload)

    def _hang_up(self) -> None:
        # Without the handshake of a close, for which more frames would be read. It also ends the
        # reading of those that came along with this one.
        self.dropConnection(abort=True)


@lru_cache(maxsize=8)  # texts: a round over all sockets sends few different ones
def _frame(text: str) -> bytes:
    whole: bytes = PreparedMessage(text.encode(), False, False, True).payloadHybi
    return whole


def bound() -> None:
    """Let Daphne's server make its web sockets of this class; it offers no other way."""
    ws_protocol.WebSocketFactory.protocol = BoundedWebSocket
