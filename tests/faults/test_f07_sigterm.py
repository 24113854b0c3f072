"""F7: everything is told to stop, as by a deployment, in the middle of a sync."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from project import shutdown
from syncengine.models import LogHead, SyncOperation
from tests.faults.world import World
from tests.server import Server
from tests.sockets import Socket
from tests.syncing import events, eventually

SOCKETS = 10
STOP_LIMIT_S = 5.0
HAND_OVER_LIMIT_S = 5.0


def syncing(world: World, web: Server, latency_ms: int = 150) -> list[Socket]:
    """Begin a sync and let some albums be done; the sockets that watch it."""
    world.demo.behave(latency_ms=latency_ms)
    sockets = [world.socket(web) for _ in range(SOCKETS)]
    web.post("/syncs/", "admin")
    for socket in sockets:
        while not (socket.view.status and done(socket) >= 3):
            socket.frame()
    return sockets


def closed_by(sockets: list[Socket], stop: Callable[[], int]) -> list[int | None]:
    """Stop while all are being read, as browsers do; with which code each is closed."""
    with ThreadPoolExecutor(len(sockets)) as pool:
        codes = [pool.submit(socket.close_code) for socket in sockets]
        assert stop() == 0
        return [code.result() for code in codes]


def done(socket: Socket) -> int:
    operation = socket.view.status["operation"]
    return operation["synced"] if operation else 0


def come_back(world: World, web: Server, sockets: list[Socket]) -> None:
    """Each by the cursor that it has; then all follow to the end of the log, without a gap."""
    world.demo.behave(latency_ms=0)
    for number, socket in enumerate(sockets):
        again = world.socket(web, cursor=socket.view.cursor)
        again.view.status = socket.view.status
        while not again.view.status["operation"]["finished_at"]:
            again.frame()
        assert again.view.snapshots == 0
        seen = [event.position for event in (*socket.view.events, *again.view.events)]
        assert seen == list(range(seen[0], seen[0] + len(seen))), number


def test_f07_daphne_says_goodbye_and_the_worker_hands_over(world: World) -> None:
    web, worker = world.web(), world.worker()
    sockets = syncing(world, web)
    begun = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - begun < STOP_LIMIT_S
    operation = SyncOperation.objects.get()
    assert operation.worker == ""
    assert closed_by(sockets, web.stop) == [4412] * SOCKETS
    web.start()
    world.worker()
    come_back(world, web, sockets)
    assert [event.data["reason"] for event in events("resumed")] == ["handed-over"]


def test_f07_serve_says_goodbye_and_hands_over(world: World) -> None:
    serve = world.serve()
    sockets = syncing(world, serve)
    begun = time.monotonic()
    codes = closed_by(sockets, serve.stop)
    assert time.monotonic() - begun < STOP_LIMIT_S + HAND_OVER_LIMIT_S
    assert codes == [4412] * SOCKETS
    eventually(lambda: SyncOperation.objects.get().worker == "")
    serve.start()
    come_back(world, serve, sockets)
    assert [event.data["reason"] for event in events("resumed")] == ["handed-over"]


def test_f07_a_request_that_waits_for_the_database_does_not_hold_up_the_end(world: World) -> None:
    web = world.web()
    web.login("admin")
    with ThreadPoolExecutor() as pool, transaction.atomic():
        LogHead.objects.select_for_update().get()
        asked = pool.submit(web.post, "/syncs/", "admin")
        time.sleep(1)  # it has got as far as the lock
        begun = time.monotonic()
        assert web.stop() == 0
        assert time.monotonic() - begun < shutdown.STOP_LIMIT_S + STOP_LIMIT_S
        with pytest.raises(OSError):
            asked.result()
    assert not SyncOperation.objects.exists()
