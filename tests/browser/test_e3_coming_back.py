"""E3: whoever was away, or missed a message, sees what a fresh browser shows."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser import sheets
from tests.browser.catalog_page import CatalogPage
from tests.browser.conftest import Visit
from tests.browser.people import session_of
from tests.browser.serving import Server
from tests.browser.watch import Watch
from tests.demo import Demo

Drops = Callable[[dict, int], bool]


@pytest.fixture
def stopped(product: Server, visit: Visit, demo: Demo) -> CatalogPage:
    """A page that has followed a sync, which then stands still in the middle."""
    demo.sheet(*sheets.rows(47, label="E3"))
    catalog = visit(product)
    assert catalog.sync() == "completed"
    demo.sheet(*sheets.rows(20, label="E3"), *sheets.rows(27, first=20, label="E3 again"))
    demo.behave(latency_ms=600_000)
    catalog.start()
    expect(catalog.headline).to_have_text("Syncing album 21 of 47...")
    return catalog


def test_e3_leaving_the_page_and_coming_back(stopped: CatalogPage) -> None:
    before = stopped.shown()
    stopped.page.goto("/syncs/")
    stopped.page.go_back()
    stopped.wait_live()
    assert stopped.shown() == before


def test_e3_a_refresh_and_a_new_tab(stopped: CatalogPage, demo: Demo) -> None:
    before = stopped.shown()
    stopped.page.reload()
    stopped.wait_live()
    assert stopped.shown() == before
    tab = CatalogPage(stopped.context.new_page())
    tab.open()
    assert tab.shown() == before


def test_e3_a_closed_laptop(product: Server, visit: Visit, demo: Demo, watch: Watch) -> None:
    watch.allow("net::ERR_INTERNET_DISCONNECTED", "WebSocket connection to")
    demo.sheet(*sheets.rows(47, label="laptop"))
    catalog = visit(product, path="", live=False)
    catalog.page.clock.install()
    catalog.open()
    catalog.record()
    catalog.context.set_offline(True)
    # Somebody else syncs meanwhile, twice.
    other = visit(product, "admin2")
    assert other.sync() == "completed"
    demo.sheet(*sheets.rows(46, label="laptop", first=1))
    assert other.sync() == "completed"
    catalog.page.clock.fast_forward("01:00:00")
    catalog.context.set_offline(False)
    catalog.page.clock.run_for(9_000)
    catalog.wait_live()
    catalog.must_equal(other)
    catalog.must_equal(visit(product))
    assert catalog.seen("button")  # without a reload


@pytest.mark.parametrize(
    "drops",
    [
        pytest.param(lambda frame, number: number == 2, id="in-the-middle"),
        pytest.param(
            lambda frame, number: frame["events"][-1]["kind"] == "completed", id="the-last-one"
        ),
    ],
)
def test_e3_a_dropped_message(product: Server, visit: Visit, demo: Demo, drops: Drops) -> None:
    demo.sheet(*sheets.rows(47, label=f"dropped {id(drops)}"))
    demo.behave(latency_ms=200)
    dropped: list[dict] = []
    numbers: list[int] = []

    def pass_on(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_message(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame["type"] == "events":
                numbers.append(len(numbers))
                if not dropped and drops(frame, numbers[-1]):
                    dropped.append(frame)
                    return
            route.send(message)

        server.on_message(pass_message)

    catalog = visit(product, path="", live=False)
    catalog.page.route_web_socket("**/ws/sync/**", pass_on)
    catalog.open()
    catalog.record()
    product.post("/syncs/", f"sessionid={session_of('admin2')}")
    expect(catalog.button).to_have_text("Syncing...")
    assert catalog.wait_for_end() == "completed"
    assert dropped
    catalog.must_equal(visit(product))
    assert catalog.seen("button")  # without a reload


def test_e3_an_unexpected_snapshot_makes_the_page_read_its_cards_again(
    product: Server, visit: Visit, demo: Demo
) -> None:
    """As after a backup was restored: the log is another one, and cards changed without events."""
    demo.sheet(*sheets.rows(47, label="snapshot"))
    routes: list[WebSocketRoute] = []

    def pass_on(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(lambda message: route.send(message))
        routes.append(route)

    catalog = visit(product, path="", live=False)
    catalog.page.route_web_socket("**/ws/sync/**", pass_on)
    catalog.open()
    assert catalog.sync() == "completed"
    catalog.must_equal(visit(product))
    catalog.page.evaluate(
        "document.querySelector('album-grid [data-field=title]').textContent = 'Out of date'"
    )
    status = catalog.status()
    snapshot = {"type": "snapshot", "position": status["position"], "hash": status["hash"]}
    routes[-1].send(json.dumps({**snapshot, "status": status}))
    expect(catalog.page.get_by_text("Out of date")).to_have_count(0)
    catalog.must_equal(visit(product))
