"""A web process that has as many sockets as it may: it says so, and keeps those that it has."""

from contextlib import ExitStack

from syncengine import log
from tests.demo import Demo
from tests.faults.outages import ask
from tests.integration.operating.conftest import Parts
from tests.scrapes import scraped
from tests.server import unhealthy
from tests.sheets import LINKED
from tests.sockets import Socket
from tests.syncing import ends, eventually

LIMIT = 3


def test_a_full_process_is_not_ready_and_nobody_in_it_loses_an_event(
    parts: Parts, demo: Demo
) -> None:
    demo.sheet(*LINKED)
    web = parts.web(MAX_SOCKETS=str(LIMIT))
    parts.worker()
    assert ask(web, "/readyz").status == 200
    with ExitStack() as stack:
        people = ("admin", "auditor", "viewer")
        held = [stack.enter_context(Socket(web, person)) for person in people]
        for socket in held:
            socket.next("snapshot")
        ready = ask(web, "/readyz")
        assert ready.status == 503 and '"sockets": false' in ready.body
        assert ask(web, "/healthz").status == 200
        assert unhealthy(web) == "", "a full one is not to be replaced"
        with Socket(web, "admin") as one_more:
            assert one_more.close_code() == 4429
        web.post("/syncs/", "admin")  # pages are answered as before
        eventually(ends)
        for socket in held:
            assert socket.follow_to(log.head().position) == log.current_status()
        assert ask(web, "/api/status", "viewer", kind="json").status == 200
        scrape = scraped(web.origin)
        assert scrape["groovelog_sockets"] == scrape["groovelog_sockets_limit"] == LIMIT
        assert scrape.by("groovelog_sockets_closed_total", "code") == {"4429": 1}
        held[0].close()
        eventually(lambda: ask(web, "/readyz").status == 200)
        with Socket(web, "admin") as in_its_place:
            assert in_its_place.next("snapshot")["status"] == log.current_status()
