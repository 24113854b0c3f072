"""Real processes, each with a token for `/metrics`, and accounts for each role."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections

from tests.accounts import account
from tests.commands import Environment
from tests.demo import Demo
from tests.process import Process, WorkerProcess
from tests.scrapes import TOKEN
from tests.server import Server, Web

Start = Callable[..., Process]


class Parts:
    """Starts processes of the product and, when the test is over, ends them."""

    def __init__(self, folder: Path, environment: Environment) -> None:
        self._folder = folder
        self.environment = environment
        self.processes: list[Process] = []

    def serve(self, **environment: str) -> Server:
        server = Server(self._log(), self.environment | environment)
        self.processes.append(server)
        return server

    def web(self, **environment: str) -> Web:
        web = Web(self._log(), self.environment | environment)
        self.processes.append(web)
        web.start()
        return web

    def worker(self, **environment: str) -> WorkerProcess:
        worker = WorkerProcess(self._log(), self.environment | environment)
        self.processes.append(worker)
        worker.start()
        return worker

    def _log(self) -> Path:
        return self._folder / f"process-{len(self.processes)}.log"


@pytest.fixture
def parts(database: str, demo: Demo, tmp_path: Path) -> Iterator[Parts]:
    for role in ("viewer", "auditor", "admin"):
        account(role)
    connections.close_all()
    environment = demo.environment() | {
        "DATABASE_URL": database,
        "REDIS_URL": os.environ["REDIS_URL"],
        "CHECKPOINT_FILE": str(tmp_path / "checkpoints.jsonl"),
        "METRICS_TOKEN": TOKEN,
    }
    made = Parts(tmp_path, environment)
    yield made
    for process in made.processes:
        process.kill()
        print(process.command, process.output, sep="\n")  # shown where a test fails
