"""A lost bell, a restored backup, a restart: nobody misses anything."""

import time
from collections.abc import Callable

from django.db import connection, connections, transaction

from syncengine import log, triggers
from syncengine.models import LogHead, SyncEvent
from tests.server import Server
from tests.sockets import Socket

Append = Callable[[], int]


def test_an_event_that_nobody_rang_for_arrives_within_seconds(
    server: Server, append: Append
) -> None:
    with Socket(server) as socket:
        socket.frame()
        for _ in range(3):
            begun = time.monotonic()
            socket.follow_to(append())
            assert time.monotonic() - begun < 10  # it looks every second
        assert socket.view.snapshots == 1


def restore(head: dict[str, object]) -> None:
    """Put the database back to where the log ended there, as a backup does, all at once."""
    with transaction.atomic(), connection.cursor() as cursor:
        on = f" ON {triggers.TABLE}" if connection.vendor == "postgresql" else ""
        for name in triggers._wanted():
            cursor.execute(f"DROP TRIGGER {name}{on}")
        SyncEvent.objects.filter(position__gt=head["position"]).delete()
        LogHead.objects.update(**head)
        triggers.install()
    connections.close_all()


def test_a_restored_backup_reaches_open_screens_as_a_snapshot(
    server: Server, append: Append
) -> None:
    append()
    backup = LogHead.objects.values().get()
    with Socket(server) as socket:
        socket.frame()
        socket.follow_to(append())
        lost = socket.view.cursor
        restore(backup)
        assert socket.next("snapshot")["position"] == backup["position"]
        # Another history goes on where the lost one was.
        position = append()
        socket.follow_to(position)
        assert position == lost[0]
        assert socket.view.status == log.current_status()
    with Socket(server, cursor=lost) as socket:
        frame = socket.frame()
        assert (frame["type"], frame["position"]) == ("snapshot", position)


def test_a_backup_that_is_already_overtaken_is_noticed_as_well(
    server: Server, append: Append
) -> None:
    append()
    backup = LogHead.objects.values().get()
    with Socket(server) as socket:
        socket.frame()
        socket.follow_to(append())
        restore(backup)
        append()
        position = append()
        socket.next("snapshot")
        assert socket.follow_to(position) == log.current_status()


def test_a_restart_is_announced_and_nothing_is_lost(server: Server, append: Append) -> None:
    with Socket(server) as socket:
        socket.frame()
        cursor = socket.view.cursor
        server.stop()
        assert socket.close_code() == 4412
    position = append()
    server.restart()
    with Socket(server, cursor=cursor) as socket:
        frame = socket.frame()
        assert [event["position"] for event in frame["events"]] == [position]
