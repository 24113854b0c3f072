"""A page finds every loss by itself: what it missed, what it holds that is gone, and long sleep.

That events do not follow, and that the log's head is ahead, is in `test_e3_coming_back`.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import CDPSession, Locator, Page, Route, WebSocketRoute, expect

from tests.browser import sheets
from tests.browser.catalog_page import CatalogPage
from tests.browser.conftest import Serve, Visit
from tests.browser.people import session_of
from tests.browser.serving import Server
from tests.browser.test_accessibility import check
from tests.browser.watch import Watch
from tests.demo import Demo
from tests.faults.backup import back_up, restore
from tests.faults.redis import own_redis

DELAYED = "Live, delayed by up to 2 s"
FROZEN_MS = 12_000  # longer than the server keeps somebody who acknowledges nothing
HELD_S = 3.0
SOON_MS = 15_000  # a dead connection that nobody notices is given up after a minute
# As on a machine that sleeps: time goes on, and `performance.now()` does not tell.
SLEEP = """
const now = Date.now;
let slept = 0;
Date.now = () => now() + slept;
window.sleep = (ms) => { slept += ms; };
"""


def chip(page: Page) -> Locator:
    return page.locator("connection-chip [data-text]")


class Cable:
    """The page's connection. `pass_on(frame)` may change what the server sends, or keep it (None),
    until the page connects anew."""

    def __init__(self, catalog: CatalogPage) -> None:
        self.pass_on: Callable[[dict[str, Any]], dict[str, Any] | None]
        self.connections = 0
        catalog.page.route_web_socket("**/ws/sync/**", self._open)

    def _open(self, route: WebSocketRoute) -> None:
        self.connections += 1
        self.pass_on = lambda frame: frame
        server = route.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            frame = self.pass_on(json.loads(message))
            if frame is not None:
                route.send(json.dumps(frame))

        server.on_message(pass_on)


@pytest.fixture
def catalog(product: Server, visit: Visit, demo: Demo) -> CatalogPage:
    """A page that is not open yet, over a catalog with albums in it."""
    demo.sheet(*sheets.rows(47, label="losses"))
    return visit(product, path="", live=False)


def test_a_heart_that_beats_for_another_log_makes_the_page_connect_again(
    product: Server, visit: Visit, catalog: CatalogPage
) -> None:
    def beat_for_another(**head: Any) -> None:
        before = cable.connections
        cable.pass_on = lambda frame: frame | head if frame["type"] == "heartbeat" else frame
        while cable.connections == before:
            catalog.page.wait_for_timeout(100)
        catalog.wait_live()
        catalog.must_equal(other)

    cable = Cable(catalog)
    catalog.open()
    assert catalog.sync() == "completed"
    other = visit(product, "admin2")
    catalog.record()
    beat_for_another(hash="f" * 64)
    beat_for_another(position=catalog.status()["position"] - 1)
    assert catalog.seen("headline")  # without a reload


def test_after_a_sleep_the_page_does_not_wait_for_a_connection_that_is_dead(
    product: Server, visit: Visit, catalog: CatalogPage
) -> None:
    cable = Cable(catalog)
    catalog.page.add_init_script(SLEEP)
    catalog.open()
    assert catalog.sync() == "completed"
    catalog.record()
    cable.pass_on = lambda frame: None
    other = visit(product, "admin2")
    before = catalog.status()["position"]
    assert other.sync() == "completed"
    assert catalog.status()["position"] == before
    catalog.page.evaluate("sleep(3_600_000)")
    expect(catalog.part("by")).to_have_text("admin2", timeout=SOON_MS)
    catalog.must_equal(other)
    assert catalog.seen("headline")  # without a reload


def test_a_page_that_was_frozen_catches_up(
    product: Server, visit: Visit, catalog: CatalogPage, demo: Demo
) -> None:
    catalog.open()
    catalog.record()
    browser: CDPSession = catalog.context.new_cdp_session(catalog.page)
    browser.send("Page.setWebLifecycleState", {"state": "frozen"})
    other = visit(product, "admin2")
    assert other.sync() == "completed"
    other.page.wait_for_timeout(FROZEN_MS)
    demo.sheet(*sheets.rows(47, first=1, label="losses again"))
    assert other.sync() == "completed"
    browser.send("Page.setWebLifecycleState", {"state": "active"})
    catalog.must_equal(other)
    assert catalog.seen("headline")  # without a reload


def test_a_page_that_knows_more_than_a_restored_backup_starts_afresh(
    serve: Serve, visit: Visit, demo: Demo, watch: Watch, database: str, tmp_path: Path
) -> None:
    watch.allow("net::ERR_", "WebSocket connection to")
    [server] = serve()
    demo.sheet(*sheets.rows(12))
    catalog = visit(server)
    catalog.record()
    assert catalog.sync() == "completed"
    backup = tmp_path / "backup"
    back_up(database, backup)
    demo.sheet(*sheets.rows(12, first=2, label="lost"))
    assert catalog.sync() == "completed"
    server.stop()
    restore(database, backup)
    server.start()
    catalog.wait_live()
    catalog.must_equal(visit(server))
    expect(catalog.cards).to_have_count(12)

    connections.close_all()
    demo.sheet(*sheets.rows(15, label="another history"))
    other = visit(server, "admin2")
    assert other.sync() == "completed"
    catalog.must_equal(other)
    expect(catalog.cards).to_have_count(15)
    assert catalog.seen("headline")  # without a reload


# The sync ends while the page is on its way, or later; a viewer gets no events of the past.
@pytest.mark.parametrize(("name", "latency_ms"), [("viewer", 0), ("admin", 1500)])
def test_a_page_that_arrives_late_misses_nothing(
    product: Server, visit: Visit, demo: Demo, name: str, latency_ms: int
) -> None:
    demo.sheet(*sheets.rows(47, label=f"late {name} {latency_ms}"))
    demo.behave(latency_ms=latency_ms)
    started: list[str] = []
    cookies = f"sessionid={session_of('admin2')}"

    def hold(route: Route) -> None:
        answer = route.fetch()
        _, asked = product.post("/syncs/", cookies)
        started.append(asked["operation"]["id"])
        time.sleep(HELD_S)
        route.fulfill(response=answer)

    catalog = visit(product, name, path="", live=False)
    catalog.page.route("**/", hold, times=1)
    catalog.open()
    [operation] = started
    while (shown := catalog.status()["operation"])["id"] != operation or not shown["finished_at"]:
        catalog.page.wait_for_timeout(100)
    assert shown["state"] == "completed"
    catalog.must_equal(visit(product, name))


def test_without_redis_the_page_follows_and_says_that_it_is_delayed(
    serve: Serve, visit: Visit, demo: Demo, tmp_path: Path
) -> None:
    with own_redis(tmp_path) as redis:
        [server] = serve(REDIS_URL=redis.url)
        demo.sheet(*sheets.rows(12))
        catalog = visit(server)
        expect(chip(catalog.page)).to_have_text("Live")
        redis.stop()
        assert catalog.sync() == "completed"
        expect(chip(catalog.page)).to_have_text(DELAYED)
        check(catalog.page, "delayed")
        redis.start()
        expect(chip(catalog.page)).to_have_text("Live")
        assert catalog.sync() == "completed"
        catalog.must_equal(visit(server))
