"""F6: the web server dies in the middle of a sync, which goes on in the worker's process."""

import time

from tests.faults.test_f07_sigterm import come_back, syncing
from tests.faults.world import World
from tests.syncing import events


def test_f06_the_sync_goes_on_and_every_socket_comes_back_whole(world: World) -> None:
    web, worker = world.web(), world.worker()
    sockets = syncing(world, web)
    seen = max(socket.view.status["position"] for socket in sockets)
    web.kill()
    assert [socket.close_code() for socket in sockets] == [None] * len(sockets)
    while events()[-1].position < seen + 5:  # nobody watches, and it goes on
        assert worker.is_running
        time.sleep(0.1)
    web.start()
    come_back(world, web, sockets)
    assert events("resumed") == []
