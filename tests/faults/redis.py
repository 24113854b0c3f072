"""A Redis server of a test's own, to be stopped, paused and flushed."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.backends import free_port, wait_for_port

STOP_LIMIT_S = 10.0


class Redis:
    """A server that keeps nothing on disk, always at the same port however often it is started."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--dir", str(self._folder)], stdout=log, stderr=log
            )
        wait_for_port(self.port, self._process)

    def stop(self) -> None:
        """End it as a power cut would; every connection is cut."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_LIMIT_S)
            self._process = None

    def pause(self) -> None:
        """Let it stand still: connections stay, new ones are even made, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def flush(self) -> None:
        """Forget everything: the members of groups, and what was under way."""
        command = ["redis-cli", "-p", str(self.port), "FLUSHALL"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=STOP_LIMIT_S)
        assert done.stdout.strip() == "OK", done

    def _signal(self, number: int) -> None:
        assert self._process is not None, "it does not run"
        self._process.send_signal(number)


@contextmanager
def own_redis(folder: Path) -> Iterator[Redis]:
    """Start a server, until the block ends."""
    server = Redis(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
