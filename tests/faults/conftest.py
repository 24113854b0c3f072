"""A world for each test: its processes are ended and the invariants checked when it is over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections

from tests.accounts import account
from tests.demo import Demo
from tests.faults import invariants
from tests.faults.world import MOST_S, World


@pytest.fixture(scope="session")
def static_files() -> None:
    """What the pages of a web server without `manage.py serve` are made with."""
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture
def world(static_files: None, database: str, demo: Demo, tmp_path: Path) -> Iterator[World]:
    """The parts are real processes; an account for each role is there. After the test everything
    that is unfinished must come to its end, and then all of I1 to I11 must hold."""
    for role in ("viewer", "auditor", "admin"):
        account(role)
    connections.close_all()
    made = World(tmp_path, database, demo)
    try:
        yield made
        invariants.at_rest(MOST_S)
        invariants.check(made)
    finally:
        made.end()
        for process in made.processes:
            print(process.command, process.output, sep="\n")  # shown where a test fails
