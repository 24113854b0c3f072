"""A real browser behind the proxy, while everything that serves it is replaced."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, WebSocket, expect

from syncengine import log
from tests.accounts import PASSWORD
from tests.browser import sheets
from tests.browser.catalog_page import CatalogPage
from tests.browser.chromium import VIEWPORT, WAIT_LIMIT_MS, launched
from tests.cluster.cluster import Cluster
from tests.demo import Demo
from tests.syncing import ends

ALBUMS = 60  # at `SLOWLY_MS`, eight at a time, far longer than a rolling restart takes
SLOWLY_MS = 7000
LOOK_MS = 100
LIMIT_S = 120.0  # for what is bound to happen, on a busy machine


@pytest.fixture(scope="module")
def chromium(cluster: Cluster) -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def context(chromium: Browser, cluster: Cluster) -> Iterator[BrowserContext]:
    """Of a browser that has accepted the certificate."""
    context = chromium.new_context(
        base_url=cluster.nginx.origin, viewport=VIEWPORT, ignore_https_errors=True
    )
    context.set_default_timeout(WAIT_LIMIT_MS)
    yield context
    context.close()


class Followed(CatalogPage):
    """A catalog page of which everything is noted that came to it, and from where."""

    def __init__(self, context: BrowserContext) -> None:
        super().__init__(context.new_page())
        self.asked: list[str] = []
        self.sockets: list[str] = []
        self.snapshots = 0
        self.positions: list[int] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", self._follow)

    def _follow(self, socket: WebSocket) -> None:
        self.sockets.append(socket.url)
        socket.on("framereceived", lambda text: self._receive(json.loads(text)))

    def _receive(self, frame: dict) -> None:
        self.snapshots += frame["type"] == "snapshot"
        self.positions += [event["position"] for event in frame.get("events", ())]


def test_a_rolling_restart_during_a_sync_takes_nothing_from_a_browser(
    cluster: Cluster, context: BrowserContext, demo: Demo
) -> None:
    nginx = cluster.nginx
    catalog = Followed(context)
    catalog.page.goto("/accounts/login/")
    catalog.page.get_by_label("Username").fill("admin")
    catalog.page.get_by_label("Password").fill(PASSWORD)
    catalog.page.get_by_role("button", name="Sign in").click()
    catalog.wait_live()
    catalog.record()

    demo.sheet(*sheets.rows(ALBUMS))
    demo.behave(latency_ms=SLOWLY_MS)
    catalog.start()
    with ThreadPoolExecutor(1) as pool:
        rolling = pool.submit(lambda: list(cluster.roll()))
        wait(catalog, rolling.done)
        assert len(rolling.result()) == len(cluster.processes)
    assert ends() == [], "there was no sync to interrupt any more"
    demo.behave(latency_ms=0)
    wait(catalog, lambda: bool(ends()))

    catalog.wait_live()
    assert catalog.wait_for_end() == "completed"
    expect(catalog.result).to_have_text(f"Sync complete! Updated {ALBUMS} albums")
    assert catalog.seen("button") == ["Sync Now", "Syncing...", "Sync Now"], "it was loaded anew"
    head = log.head()
    assert (catalog.status()["position"], catalog.status()["hash"]) == (head.position, head.hash)
    first = catalog.positions[0]
    assert catalog.positions == list(range(first, head.position + 1)), "each event, and once"
    assert catalog.snapshots == 0, "it began afresh"
    fresh = CatalogPage(context.new_page())
    fresh.open()
    catalog.must_equal(fresh)
    assert len(fresh.shown()["cards"]) == ALBUMS

    assert {origin(url) for url in catalog.asked if is_own(url, demo)} == {nginx.origin}
    assert len(catalog.sockets) > 1, "it was not cut off at all"
    assert {url.partition("?")[0] for url in catalog.sockets} == {nginx.socket_url}
    webs = {f"127.0.0.1:{web.port}" for web in cluster.webs}
    for request in ("GET /static/", "GET /ws/sync/"):
        answered = {web.rpartition(" ")[2] for _, web in nginx.answered(request)}
        assert answered and answered <= webs, (request, answered)
    assert {status for status, _ in nginx.answered("GET /static/")} == {"200"}


def wait(catalog: CatalogPage, condition: Callable[[], bool]) -> None:
    for _ in range(int(LIMIT_S * 1000 / LOOK_MS)):
        if condition():
            return
        catalog.page.wait_for_timeout(LOOK_MS)  # the browser's news is taken in meanwhile
    raise AssertionError("it does not happen")


def origin(url: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))


def is_own(url: str, demo: Demo) -> bool:
    """Whether it is no cover, which Spotify serves, and no picture that stands in the page."""
    return not url.startswith((demo.origin, "data:"))
