"""A real server, and a log that every test can make longer."""

from collections.abc import Callable

import pytest
from django.db import connections

from syncengine import log
from tests.demo import Demo
from tests.server import Server, server

__all__ = ["server"]

Append = Callable[[], int]


def append_act() -> int:
    """Append an event from this process, without a ring; returns its position."""
    act = {"by": "ann", "what": "log", "filter": {}, "result": {}}
    with log.appending() as appender:
        position = appender.append("verified", act, None).position
    connections.close_all()
    return position


@pytest.fixture
def append() -> Append:
    return append_act


@pytest.fixture
def switches(server: Server, demo_server: Demo) -> Demo:
    """The demo that the server talks to, well behaved at first."""
    demo_server.reset()
    return demo_server
