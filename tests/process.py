"""`manage.py serve` as a process of its own, on a free port."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.backends import free_port
from tests.demo import ROOT

READY_LIMIT_S = 60.0  # for a busy machine; it takes a few seconds
STOP_LIMIT_S = 20.0
ANSWER_LIMIT_S = 60.0


class ServeProcess:
    """One `manage.py serve`. It can be killed, stopped and started again at the same port; when
    it dies by itself, the test fails with what it said."""

    def __init__(self, output: Path, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.environment = environment
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port)]
        environment = {**os.environ, **self.environment, "PYTHONUNBUFFERED": "1"}
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output
            )
        until = time.monotonic() + READY_LIMIT_S
        while not self._is_ready():
            assert self._process.poll() is None, f"the server died:\n{self.output}"
            assert time.monotonic() < until, f"the server is not ready:\n{self.output}"
            time.sleep(0.05)

    @property
    def output(self) -> str:
        return self._output.read_text(errors="replace")

    def kill(self) -> int:
        """End it as a power cut would; returns its exit code."""
        return self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, as an operator would; returns its exit code."""
        return self._end(signal.SIGTERM)

    def restart(self) -> None:
        self.stop()
        self.start()

    def _is_ready(self) -> bool:
        with suppress(OSError), self.opener.open(f"{self.origin}/readyz", timeout=5) as answer:
            return b'"worker_seen_at": "' in answer.read()
        return False

    def _end(self, signal_number: int) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(ProcessLookupError):
            process.send_signal(signal_number)
        try:
            return process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the server does not stop:\n{self.output}") from None
