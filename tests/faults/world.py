"""Everything that runs in a test of a fault: web servers, workers, the demo, sockets; and what they
share. Whatever is made here is ended, and checked by the invariants, when the test is over."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.demo import Demo
from tests.faults.care import Care
from tests.process import Process, ServeProcess, WebProcess, WorkerProcess
from tests.server import Server, Web
from tests.sockets import Socket, View

MOST_S = 60.0  # for what is bound to happen, on a busy machine


class FailingWorker(WorkerProcess):
    """A worker that does a deed at a failpoint; see `tests.faults.failing`.

    `points` takes the name of each point that it reached, over all its lives.
    """

    def __init__(self, output: Path, environment: dict[str, str], failpoint: str) -> None:
        self._points = output.with_suffix(".points")
        self._points.touch()
        wanted = {"FAILPOINT": failpoint, "FAILPOINT_TRACE": str(self._points)}
        super().__init__(output, environment | wanted)
        self.command = ("-m", "tests.faults.failing", "runworker", "sync")

    @property
    def points(self) -> list[str]:
        return self._points.read_text().split()

    @property
    def reached_last_at(self) -> float:
        """When it reached its newest point (where it does its deed), in seconds since the epoch."""
        return self._points.stat().st_mtime

    def heal(self) -> None:
        """Do no deed any more, from the next start on."""
        self.environment["FAILPOINT"] = ""


class World:
    """`environment` is what every process of the product is started with; `care` watches over I11
    from the start on."""

    def __init__(self, folder: Path, database: str, demo: Demo) -> None:
        self.folder = folder
        self.url = database
        self.demo = demo
        self.checkpoint_file = folder / "checkpoints.jsonl"
        self.environment = demo.environment() | {
            "DATABASE_URL": database,
            "REDIS_URL": os.environ["REDIS_URL"],
            "CHECKPOINT_FILE": str(self.checkpoint_file),
        }
        self.processes: list[Process] = []
        self.sockets: list[Socket] = []
        self.views: list[View] = []  # what else followed the log
        self.rss_at_start: dict[Process, int] = {}
        self.tracebacks = 0  # that were to come: of faults that a test has put into our own code
        self.care = Care(database, self._workers_awake)

    @property
    def has_channel_layer(self) -> bool:
        """Whether processes hear each other; the in-process layer has nobody else to hear."""
        return bool(self.environment["REDIS_URL"])

    def web(self, **environment: str) -> Web:
        """Start one more web server."""
        return self._started(Web(self._log("web"), self.environment | environment))

    def serve(self, **environment: str) -> Server:
        """Start the web server and a worker in one process."""
        server = Server(self._log("serve"), self.environment | environment)
        self.processes.append(server)
        self.rss_at_start[server] = server.rss_bytes
        return server

    def worker(self, **environment: str) -> WorkerProcess:
        """Start one more worker."""
        return self._started(WorkerProcess(self._log("worker"), self.environment | environment))

    def failing_worker(self, failpoint: str = "", **environment: str) -> FailingWorker:
        """Start one more worker, with a failpoint `name:n:deed`, or that only notes its points."""
        wanted = self.environment | environment
        return self._started(FailingWorker(self._log("worker"), wanted, failpoint))

    def socket(self, web: Any, username: str = "auditor", **wishes: Any) -> Socket:
        """Open a socket as a browser does; what it sees is checked at the end."""
        socket = Socket(web, username, **wishes)
        self.sockets.append(socket)
        self.views.append(socket.view)
        return socket

    def command(self, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "manage.py", *arguments)

    def end(self) -> None:
        """End everything that still runs."""
        self.care.end()
        for socket in self.sockets:
            socket.close()
        for process in self.processes:
            if process.is_running:
                process.kill()

    def _workers_awake(self) -> list[Process]:
        return [
            process
            for process in list(self.processes)
            if isinstance(process, WorkerProcess | ServeProcess) and process.is_awake
        ]

    def _started(self, process: Any) -> Any:
        self.processes.append(process)
        process.start()
        with suppress(OSError, KeyError):  # it may have died by a failpoint already
            self.rss_at_start[process] = process.rss_bytes
        return process

    def _log(self, kind: str) -> Path:
        return self.folder / f"{kind}-{len(self.processes)}.log"


__all__ = ["MOST_S", "FailingWorker", "WebProcess", "World"]
