"""An event that somebody made unreadable keeps no browser from all the others."""

import json
from collections.abc import Callable

import pytest
from django.db import connections, transaction
from django.utils import timezone

from syncengine import log
from syncengine.models import LogHead, SyncEvent
from tests.server import Server
from tests.sockets import Socket
from tests.tampering import UNREADABLE, rewrite, row_at

Append = Callable[[], int]


def store(position: int, data: str) -> None:
    rewrite(position, data)
    connections.close_all()


def test_an_old_event_that_cannot_be_read_keeps_no_browser_from_what_is_new(
    server: Server, append: Append
) -> None:
    position, cursor = append(), (log.head().position, log.head().hash)
    append()
    stored = row_at(position)["data"]
    store(position, UNREADABLE["half a character"])
    before = len(server.output)
    server.restart()
    with Socket(server, "auditor", cursor) as socket:
        assert socket.frame()["type"] == "snapshot"
        socket.follow_to(append())
        assert socket.view.status == log.current_status()
    said = server.output[before:]
    assert (said.count("browsers get no old ones"), said.count("Traceback")) == (1, 0)
    store(position, stored)


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_new_event_that_cannot_be_read_comes_as_a_snapshot(
    server: Server, append: Append, data: str
) -> None:
    with Socket(server, "auditor") as socket:
        socket.frame()
        socket.follow_to(append())
        position = append_past_the_door(data)
        assert socket.next("snapshot")["position"] == position
        socket.follow_to(append())
        assert socket.view.status == log.current_status()
    store(position, "{}")


def append_past_the_door(data: str) -> int:
    """Append an event that nobody has looked at; returns its position."""
    with transaction.atomic():
        head = log.head()
        position, digest = head.position + 1, f"{head.position:064x}"
        SyncEvent.objects.create(
            position=position,
            kind="verified",
            version=1,
            at=timezone.now(),
            data=data,
            previous_hash=head.hash,
            hash=digest,
        )
        status = head.current_status() | {"position": position, "hash": digest}
        LogHead.objects.update(position=position, hash=digest, status=json.dumps(status))
    connections.close_all()
    return position
