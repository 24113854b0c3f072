"""4: when the catalog was synced last."""

from datetime import timedelta

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser import past, sheets
from tests.browser.catalog_page import CatalogPage
from tests.browser.conftest import Serve, Visit
from tests.browser.test_3_failures import NO_NETWORK
from tests.demo import Demo

pytestmark = pytest.mark.once


def test_4_1_last_synced_stands_in_the_first_html_and_on_the_live_page(
    serve: Serve, visit: Visit
) -> None:
    past.ended(timedelta(minutes=5, seconds=10))
    [server] = serve()
    expect_last(visit(server), "Last synced: 5 minutes ago")
    plain = visit(server, live=False, java_script_enabled=False)
    expect_last(plain, "Last synced: 5 minutes ago")


def test_4_2_never_synced(serve: Serve, visit: Visit, demo: Demo) -> None:
    [server] = serve()
    catalog = visit(server)
    expect_last(catalog, "Never synced")
    expect_last(visit(server, live=False, java_script_enabled=False), "Never synced")
    # A sync that fails is none. Spotify was never reached, so it ends the sync as a whole.
    demo.sheet(*sheets.rows(10))
    demo.behave(network_lost="spotify")
    assert catalog.sync() == "failed"
    expect(catalog.headline).to_have_text(NO_NETWORK)
    expect_last(catalog, "Never synced")


def test_4_3_the_relative_time_moves_on_by_itself(serve: Serve, visit: Visit) -> None:
    past.ended(timedelta(minutes=5, seconds=5))
    [server] = serve()
    catalog = visit(server, path="", live=False)
    # The server's time comes with each heartbeat and would turn the page's clock back.
    catalog.page.route_web_socket("**/ws/sync/**", only_first_frame)
    catalog.page.clock.install()
    catalog.open()
    expect_last(catalog, "Last synced: 5 minutes ago")
    catalog.page.clock.fast_forward("00:58")
    expect_last(catalog, "Last synced: 6 minutes ago")


def only_first_frame(route: WebSocketRoute) -> None:
    server = route.connect_to_server()
    passed: list[str | bytes] = []

    def pass_first(message: str | bytes) -> None:
        if not passed:
            passed.append(message)
            route.send(message)

    server.on_message(pass_first)


def expect_last(catalog: CatalogPage, text: str) -> None:
    last = catalog.page.locator(".panel-last")
    expect(last).to_have_text(text, use_inner_text=True)
    expect(last).to_be_visible()
