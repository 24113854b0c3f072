"""A worker whose upstreams misbehave, and what must come of each of its syncs."""

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections

from albums.sources.http import SHEET_LIMITS
from syncengine import operations
from tests.faults.world import MOST_S, World
from tests.process import WorkerProcess
from tests.syncing import current_operation, ends, events, eventually, everything_stored

Names = Mapping[str, Sequence[Sequence[tuple[str, int]]]]


class OutsideWorker(WorkerProcess):
    """A worker in a network of the test's; see `tests.faults.outside`."""

    def __init__(self, output: Path, environment: dict[str, str], names: Names, patience: float):
        self._called = output.with_suffix(".called")
        self._called.touch()
        wanted = {
            "NAMES": json.dumps(names),
            "CALLED": str(self._called),
            "PATIENCE": str(patience),
        }
        super().__init__(output, environment | wanted)
        self.command = ("-m", "tests.faults.outside", "runworker", "sync")

    @property
    def called(self) -> list[tuple[str, int]]:
        """Every (address, port) to which it has begun a connection."""
        lines = self._called.read_text().splitlines()
        return [(line.split()[0], int(line.split()[1])) for line in lines]


def synced(**request: Any) -> dict[str, Any]:
    """Ask for a sync and wait until a worker has ended it; returns its part of the status."""
    operations.start("ann", request.pop("trigger", "button"), **request)
    connections.close_all()
    eventually(ends, SHEET_LIMITS.total_s + MOST_S)
    return current_operation()


@contextmanager
def nothing_changes() -> Iterator[None]:
    """No album and no version is other than before."""
    before = everything_stored()
    yield
    connections.close_all()
    assert everything_stored() == before


def refused(code: str, **details: Any) -> dict[str, Any]:
    """A sync that must end `failed` with this code and change nothing; returns its error."""
    with nothing_changes():
        operation = synced()
    assert operation["state"] == "failed", operation
    error: dict[str, Any] = operation["error"]
    assert error["code"] == code, error
    assert error["details"].items() >= details.items(), error
    assert error["message"] == operation["message"] != ""
    assert error["remedy"]
    assert [event.data["stage"] for event in events("stage-started")] == ["sheet"]
    return error


def outside_worker(
    world: World, names: Names | None = None, patience: float = 1.0
) -> OutsideWorker:
    """Start a worker with names of the test's, or with a share of its patience."""
    number = len(world.processes)
    output = world.folder / f"outside-{number}.log"
    worker = OutsideWorker(output, world.environment, names or {}, patience)
    world.processes.append(worker)
    worker.start()
    world.rss_at_start[worker] = worker.rss_bytes
    return worker


class Listener:
    """A socket on loopback that counts who connects, and answers nobody."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self.port: int = self._socket.getsockname()[1]

    def connections(self) -> int:
        """How many have connected since the last call."""
        self._socket.settimeout(0)
        number = 0
        while True:
            try:
                self._socket.accept()[0].close()
            except BlockingIOError:
                return number
            number += 1

    def close(self) -> None:
        self._socket.close()


@contextmanager
def listener() -> Iterator[Listener]:
    made = Listener()
    try:
        yield made
    finally:
        made.close()
