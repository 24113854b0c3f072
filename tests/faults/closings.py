"""How soon sockets are closed after what takes rights away, while the log grows all the time."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.integration.sockets.conftest import append_act
from tests.server import Asked
from tests.sockets import Socket

APPEND_EVERY_S = 0.02
LIMIT_S = 60.0

Closing = tuple[int | None, float]


def closings(sockets: list[Socket], staying: Socket, act: Callable[[], object]) -> list[Closing]:
    """Act; with which code each socket is closed, and how many seconds after the act. Another one
    stays, and gets everything."""

    def closing(socket: Socket) -> Closing:
        return socket.close_code(acknowledge=True), time.monotonic()

    def follow() -> None:
        while not all(one.done() for one in closed):
            staying.frame()

    with ThreadPoolExecutor(len(sockets) + 1) as pool:
        closed = [pool.submit(closing, socket) for socket in sockets]
        following = pool.submit(follow)
        try:
            act()
            acted_at = time.monotonic()
            while not all(one.done() for one in closed):
                assert time.monotonic() - acted_at < LIMIT_S, "a socket was not closed"
                append_act()
                time.sleep(APPEND_EVERY_S)
        except BaseException:
            for socket in (*sockets, staying):
                socket.close()  # nobody would end those that read
            raise
        position = append_act()
        following.result()
        staying.follow_to(position)
        return [(code, at - acted_at) for code, at in (one.result() for one in closed)]


def signed_out_after_s(web: Asked, other: Asked) -> float:
    """Sign out, through `other`, in one of two sessions at `web`; how long its socket lives on."""
    web.admit("auditor")
    leaving, cookies = Socket(web, "auditor"), web.login("auditor")["Cookie"]
    web.admit("auditor")
    with leaving, Socket(web, "auditor") as staying:
        for socket in (leaving, staying):
            socket.frame()
        [(code, after_s)] = closings([leaving], staying, lambda: other.logout(cookies))
        assert code == 4401
    return after_s
