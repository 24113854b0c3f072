"""The product's processes: the real ones, on free ports, to be killed, paused and started again."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests import patience
from tests.backends import free_port
from tests.demo import ROOT

READY_LIMIT_S = 60.0  # for a busy machine; it takes a few seconds
STOP_LIMIT_S = 20.0
ANSWER_LIMIT_S = 60.0
LAST_WORDS_S = 2.0
TALKATIVE = {"PYTHONFAULTHANDLER": "1"}  # SIGABRT shows where it is
UNBUFFERED = {"PYTHONUNBUFFERED": "1"}  # but `manage.py` sees to it that its output can be read


def rss_bytes(pid: int) -> int:
    """What a process holds in memory."""
    return int(_status_of(pid)["VmRSS"].split()[0]) * 1024


def _status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines)


class Process:
    """One process of the product. When it dies by itself, the test fails with what it said."""

    program = sys.executable
    ready_limit_s = READY_LIMIT_S
    stop_limit_s = STOP_LIMIT_S

    def __init__(self, output: Path, environment: Mapping[str, str], *command: str) -> None:
        self.environment = dict(environment)
        self.command = command
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self.ready_at: float | None = None  # seconds since the epoch; None while it starts

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.ready_at = None
        environment = {**os.environ, **self.environment, **TALKATIVE}
        if self.command[0] != "manage.py":
            environment |= UNBUFFERED
        said = len(self.output) if self._output.exists() else 0
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [self.program, *self.command],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
            )
        until = time.monotonic() + self.ready_limit_s
        while not self._is_ready(said):
            if self._process.poll() is not None and not self._is_ready(said):
                raise AssertionError(f"it died:\n{self.output}")
            assert time.monotonic() < until, f"it is not ready:\n{self.output}"
            time.sleep(0.05)
        self.ready_at = time.time()

    @property
    def output(self) -> str:
        return self._output.read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self._process is not None, "it has not been started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        process = self._process  # another thread may end it meanwhile
        return process is not None and process.poll() is None

    @property
    def is_awake(self) -> bool:
        """Whether it has become ready, and runs, and does not stand still."""
        state = self._status.get("State", "").strip()[:1]
        return self.ready_at is not None and state not in ("", "T", "Z")

    @property
    def rss_bytes(self) -> int:
        """What it holds in memory."""
        return rss_bytes(self.pid)

    @property
    def peak_rss_bytes(self) -> int:
        """The most that it has ever held in memory."""
        return int(self._status["VmHWM"].split()[0]) * 1024

    def kill(self) -> int:
        """End it as a power cut would; returns its exit code."""
        return self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, as an operator would; returns its exit code."""
        return self._end(signal.SIGTERM)

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Let it stand still, as a machine that swaps or a laptop that sleeps does."""
        os.kill(self.pid, signal.SIGSTOP)

    def wake(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def wait_for_death(self, limit_s: float) -> int:
        """Wait until it has died by itself, as a failpoint makes it; returns its exit code."""
        assert self._process is not None, "it has not been started"
        process, self._process = self._process, None
        return process.wait(limit_s)

    @property
    def _status(self) -> dict[str, str]:
        """What the kernel says of it; empty where it has gone."""
        process = self._process
        with suppress(AttributeError, OSError):
            return _status_of(process.pid)
        return {}

    def _is_ready(self, said: int) -> bool:
        return len(self.output) > said

    def _end(self, signal_number: int) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(ProcessLookupError):
            process.send_signal(signal_number)
            process.send_signal(signal.SIGCONT)  # a paused one takes no other signal
        try:
            return process.wait(self.stop_limit_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(LAST_WORDS_S)
            process.kill()
            process.wait()
            raise AssertionError(f"it does not stop:\n{self.output}") from None


def command(environment: Mapping[str, str]) -> tuple[str, ...]:
    """How a command of the product is run, with a patience of its own where that is asked for."""
    return ("-m", patience.__name__) if patience.VARIABLE in environment else ("manage.py",)


class WorkerProcess(Process):
    """One `manage.py runworker sync`."""

    def __init__(self, output: Path, environment: Mapping[str, str]) -> None:
        super().__init__(output, environment, *command(environment), "runworker", "sync")

    @property
    def name(self) -> str:
        """What the log calls it, in its newest life."""
        return re.findall(r"^Worker (\S+) waits", self.output, re.MULTILINE)[-1]

    def _is_ready(self, said: int) -> bool:
        return "waits for syncs" in self.output[said:]


class WebProcess(Process):
    """A web server, always at the same port however often it is started."""

    def __init__(self, output: Path, environment: Mapping[str, str], *command: str) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        super().__init__(output, environment, *(part.format(port=self.port) for part in command))

    def _is_ready(self, said: int) -> bool:
        with suppress(OSError), self.opener.open(f"{self.origin}/readyz", timeout=5):
            return True
        return False


class ServeProcess(WebProcess):
    """One `manage.py serve`, the web server with a worker in it."""

    def __init__(self, output: Path, environment: Mapping[str, str]) -> None:
        parts = (*command(environment), "serve", "--port", "{port}")
        super().__init__(output, environment, *parts)

    def _is_ready(self, said: int) -> bool:
        with suppress(OSError), self.opener.open(f"{self.origin}/readyz", timeout=5) as answer:
            return b'"worker_seen_at": "' in answer.read()
        return False
