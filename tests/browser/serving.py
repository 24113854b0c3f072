"""The product as tests use it: `manage.py serve` as a real process on a free port."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from tests.backends import free_port

ROOT = Path(__file__).resolve().parent.parent
READY_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
REDIS_DATABASES = 16
_numbers = count(1)


class Server:
    """One `manage.py serve`. It can be killed and started again on the same port."""

    def __init__(self, environment: Mapping[str, str], output: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def start(self) -> None:
        """Start the process and wait until web and worker are up."""
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port)]
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=output, stderr=output
            )
        until = time.monotonic() + READY_LIMIT_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"the server is not ready; it said:\n{self.output()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End the process as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the process to end, as an operator would."""
        self._end(signal.SIGTERM)

    def output(self) -> str:
        return self._output.read_text(errors="replace")

    def get(self, path: str, cookies: str = "") -> Any:
        """The JSON at a path."""
        request = urllib.request.Request(self.url + path, headers={"Accept": "application/json"})
        if cookies:
            request.add_header("Cookie", cookies)
        with self._opener.open(request, timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, cookies: str, body: bytes = b"") -> tuple[int, Any]:
        """Post a form as somebody who is signed in; returns the status and the JSON."""
        token = "t" * 32
        headers = {
            "Accept": "application/json",
            "Cookie": f"{cookies}; csrftoken={token}",
            "X-CSRFToken": token,
        }
        request = urllib.request.Request(self.url + path, body, headers, method="POST")
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def _is_ready(self) -> bool:
        with suppress(OSError, ValueError):
            return bool(self.get("/readyz")["worker_seen_at"])
        return False

    def _end(self, signal_number: int) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(signal_number)
        try:
            self._process.wait(timeout=STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the server did not stop; it said:\n{self.output()}") from None
        finally:
            self._process = None


@contextmanager
def serving(
    database: str, folder: Path, environment: Mapping[str, str], processes: int = 1
) -> Iterator[list[Server]]:
    """Serve a database through so many processes until the block ends.

    `folder` takes what they write; `environment` says where Google and Spotify are.
    """
    number = next(_numbers)
    common = {
        **environment,
        "DATABASE_URL": database,
        "CHECKPOINT_FILE": str(folder / f"checkpoints{number}.jsonl"),
        # A channel layer of their own: servers of other tests must not hear these.
        "REDIS_URL": _own_redis(number),
    }
    servers = [Server(common, folder / f"server{number}-{i}.log") for i in range(processes)]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()
            print(server.output())  # pytest shows it where a test fails


def _own_redis(number: int) -> str:
    url = os.environ["REDIS_URL"]
    return url and f"{url.rpartition('/')[0]}/{number % REDIS_DATABASES}"
