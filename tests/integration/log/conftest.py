"""A log with every kind of event in it: one to spoil, and one for tests that must not change it."""

from collections.abc import Iterator

import pytest
from django.db import connections

from tests.databases import Databases
from tests.histories import write_history


@pytest.fixture
def history(database: str) -> int:
    """A log of one's own; its head's position."""
    return write_history()


@pytest.fixture(scope="module")
def shared_history(databases: Databases, django_db_blocker: pytest.FixtureRequest) -> Iterator[int]:
    """One log for all tests of a file, each of which shows that it is still the same."""
    with django_db_blocker.unblock(), databases.fresh():
        yield write_history()
        connections.close_all()
