"""`deploy/healthy.py worker`, as systemd and containers ask it: whether a worker lives, whatever
its clock says and whoever else there is."""

import runpy
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections

from syncengine import presence
from tests.commands import with_settings
from tests.demo import ROOT
from tests.faults.clocks import Clock
from tests.integration.operating.conftest import Parts

Healthy = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def only_on_postgresql(database: str) -> Iterator[None]:
    if connection.vendor != "postgresql":
        pytest.skip("it asks PostgreSQL: --backends=servers")
    yield
    connections.close_all()


@pytest.fixture
def healthy(database: str) -> Healthy:
    def healthy(*arguments: object, parameters: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "deploy/healthy.py", "worker", *map(str, arguments)],
            cwd=ROOT,
            env=with_settings({"DATABASE_URL": database + parameters}),
            capture_output=True,
            text=True,
        )

    return healthy


@pytest.mark.parametrize("wrong_by", [timedelta(minutes=-5), timedelta(minutes=5)])
def test_a_worker_whose_clock_is_wrong_lives_until_it_dies(
    parts: Parts, tmp_path: Path, healthy: Healthy, wrong_by: timedelta
) -> None:
    worker = parts.worker(**Clock(tmp_path / "clock", wrong_by).environment)
    pid = worker.pid
    assert healthy(pid).returncode == 0
    worker.kill()
    dead = healthy(pid)
    assert (dead.returncode, "has said for 10 s" in dead.stderr) == (1, True)


def test_parameters_that_only_django_knows_are_left_out(parts: Parts, healthy: Healthy) -> None:
    worker = parts.worker()
    parameters = "&conn_max_age=60&CONN_HEALTH_CHECKS=1&application_name=health"
    asked = healthy(worker.pid, parameters=parameters)
    assert asked.returncode == 0, asked.stderr


def test_the_worker_of_a_machine_with_a_similar_name_is_another_one(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = runpy.run_path(str(ROOT / "deploy" / "healthy.py"))
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setattr(socket, "gethostname", lambda: "worker_1")
    with alive("workerx1:7:abc"):
        assert "no worker worker_1:" in program["worker"](None)
    with alive("worker_1:7:abc"):
        assert program["worker"](None) == program["worker"](7) == ""


@contextmanager
def alive(name: str) -> Iterator[None]:
    """A worker of this name says that it lives, until the block ends."""
    over = threading.Event()

    def live() -> None:
        while not over.wait(0.2):
            presence.seen(name)
        connections.close_all()

    thread = threading.Thread(target=live)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
