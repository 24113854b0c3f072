"""Who looks at a page all the time: reads a socket in a thread, and notes what came when."""

import threading
import time
from datetime import datetime

from websockets.exceptions import ConnectionClosed

from tests.sockets import Socket

FRAME_LIMIT_S = 30.0  # several heartbeats


class Follower:
    """`lags_s`: for each event by its position, from the time that it carries to its arrival."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.lags_s: dict[int, float] = {}
        self.delayed = False
        self.names: list[str] = []
        self.close_code: int | None = None
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def position(self) -> int:
        """Where it is; fails with whatever has gone wrong in the thread."""
        if self.failure is not None:
            raise self.failure
        status = self.socket.view.status
        return int(status["position"]) if status else -1

    def join(self, limit_s: float) -> None:
        """Wait until the socket is closed."""
        self._thread.join(limit_s)
        assert not self._thread.is_alive(), "it is still open"

    def _read(self) -> None:
        try:
            while True:
                self._take(self.socket.frame(FRAME_LIMIT_S))
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd and closed.rcvd.code
        except BaseException as failure:
            self.failure = failure

    def _take(self, frame: dict) -> None:
        if frame["type"] == "events":
            now = time.time()
            for event in frame["events"]:
                at = datetime.fromisoformat(event["at"]).timestamp()
                self.lags_s[event["position"]] = now - at
        elif frame["type"] == "heartbeat":
            self.delayed = frame.get("delayed", False)
        elif frame["type"] == "watchers":
            self.names = frame["names"]
