"""What the page says and does when the server has closed its socket, for each reason."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser import sheets
from tests.browser.catalog_page import CatalogPage
from tests.browser.conftest import Visit
from tests.browser.people import PASSWORD, session_of
from tests.browser.serving import Server
from tests.browser.test_accessibility import check
from tests.browser.watch import Watch
from tests.demo import Demo

SIGNED_OUT = "You are signed out, so this page stands still."
CHANGED = "Live, but your sign-in or your rights have changed."


def chip(page: Page) -> Locator:
    return page.locator("connection-chip")


def sign_in(page: Page) -> None:
    page.get_by_label("Username").fill("viewer")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/(\\?|$)"))


def test_whoever_signs_out_in_one_tab_reads_it_in_the_others(product: Server, visit: Visit) -> None:
    catalog = visit(product, "viewer", path="/?q=blue")
    tab = catalog.context.new_page()
    tab.goto("/")
    tab.get_by_role("button", name="Sign out").click()
    expect(chip(catalog.page)).to_contain_text(SIGNED_OUT)
    expect(catalog.page.locator("sync-announcer")).to_have_text(SIGNED_OUT)
    check(catalog.page, "signed out")
    chip(catalog.page).get_by_role("link", name="Sign in").click()
    sign_in(catalog.page)
    catalog.wait_live()
    assert catalog.page.url == f"{product.origin}/?q=blue"  # where they were


def test_signing_in_in_another_tab_wakes_the_page_which_asks_to_be_loaded_again(
    product: Server, visit: Visit
) -> None:
    catalog = visit(product, "viewer")
    catalog.record()
    tab = catalog.context.new_page()
    tab.goto("/")
    tab.get_by_role("button", name="Sign out").click()
    expect(chip(catalog.page)).to_contain_text(SIGNED_OUT)
    sign_in(tab)
    catalog.page.evaluate("dispatchEvent(new Event('online'))")  # as when a tab is shown again
    expect(chip(catalog.page)).to_contain_text(CHANGED)
    expect(chip(catalog.page).get_by_role("link", name="Sign in")).to_be_hidden()
    assert catalog.seen("headline")  # without a reload
    chip(catalog.page).get_by_role("link", name="Load this page again").click()
    catalog.wait_live()
    expect(chip(catalog.page)).to_have_text(re.compile("^\\s*Live\\s"))


@pytest.fixture
def closing(product: Server, visit: Visit) -> tuple[CatalogPage, Callable[[int], None]]:
    """A page that is live, and `close(code)`, which closes its socket as the server does."""
    routes: list[WebSocketRoute] = []

    def pass_on(route: WebSocketRoute) -> None:
        routes.append(route)
        route.connect_to_server()

    catalog = visit(product, path="", live=False)
    catalog.page.route_web_socket("**/ws/sync/**", pass_on)
    catalog.open()
    catalog.record()

    def close(code: int) -> None:
        before = len(routes)
        routes[-1].close(code=code)
        expect(catalog.page.locator("html")).not_to_have_attribute("data-connection", "live")
        while len(routes) == before:  # the page comes back by itself
            catalog.page.wait_for_timeout(100)
        catalog.wait_live()

    return catalog, close


@pytest.mark.parametrize("code", [4400, 4408, 4412])
def test_what_is_over_in_a_moment_needs_no_words(
    closing: tuple[CatalogPage, Callable[[int], None]], code: int
) -> None:
    catalog, close = closing
    close(code)
    expect(chip(catalog.page)).to_have_text(re.compile("^\\s*Live\\s"))
    assert catalog.seen("headline")  # without a reload


def test_whoever_has_fewer_rights_than_the_page_is_told_to_load_it_again(
    closing: tuple[CatalogPage, Callable[[int], None]],
) -> None:
    catalog, close = closing
    close(4403)
    expect(chip(catalog.page)).to_contain_text(CHANGED)
    expect(chip(catalog.page).get_by_role("link", name="Load this page again")).to_be_visible()
    check(catalog.page, "outdated")


def test_one_page_too_many_asks_instead(
    product: Server, visit: Visit, demo: Demo, watch: Watch
) -> None:
    demo.sheet(*sheets.rows(47, label="too many"))
    catalog = visit(product, path="", live=False)
    catalog.page.route_web_socket("**/ws/sync/**", lambda route: route.close(code=4429))
    catalog.page.goto("/")
    expect(chip(catalog.page)).to_contain_text("Too many pages are open, so this one asks every")
    product.post("/syncs/", f"sessionid={session_of('admin2')}")
    assert catalog.wait_for_end() == "completed"
    expect(catalog.result).to_have_text("Sync complete! Updated 47 albums")
    expect(chip(catalog.page)).to_contain_text("Too many pages are open, so this one asks every")


def test_a_page_that_gets_no_socket_stands_still_when_it_is_signed_out(
    product: Server, visit: Visit, watch: Watch
) -> None:
    watch.allow("status of 401")
    catalog = visit(product, path="", live=False)
    page = catalog.page
    tries: list[WebSocketRoute] = []

    def refuse(route: WebSocketRoute) -> None:
        tries.append(route)
        route.close()

    def live_for(seconds: int) -> None:
        """In short steps, since answers come in the time of everybody else."""
        for _ in range(4 * seconds):
            page.clock.run_for(250)
            page.wait_for_timeout(25)

    page.route_web_socket("**/ws/sync/**", refuse)
    page.clock.install()
    page.goto("/")
    live_for(12)
    expect(page.locator("html")).to_have_attribute("data-connection", "polling")
    tab = catalog.context.new_page()
    tab.goto("/")
    tab.get_by_role("button", name="Sign out").click()
    live_for(6)
    expect(chip(page)).to_contain_text(SIGNED_OUT)
    before = len(tries)
    live_for(60)
    assert len(tries) == before
    expect(chip(page)).to_contain_text(SIGNED_OUT)
    expect(catalog.button).to_be_disabled()


def test_a_page_that_was_signed_out_offers_nothing_but_signing_in(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47, label="signed out"), *sheets.failing_rows(["row-incomplete"]))
    catalog = visit(product)
    assert catalog.sync() == "warnings"
    again = catalog.part("retryButton")
    again.click()
    tab = catalog.context.new_page()
    tab.goto("/")
    tab.get_by_role("button", name="Sign out").click()
    expect(chip(catalog.page)).to_contain_text(SIGNED_OUT)
    expect(catalog.button).to_be_disabled()
    expect(catalog.part("startReason")).to_have_text("Sign in to start or cancel a sync.")
    expect(again).to_be_disabled()
    expect(catalog.page.get_by_role("button", name="Retry these albums")).to_be_hidden()
    expect(catalog.page.locator("sync-watchers")).to_be_hidden()
    check(catalog.page, "signed out from an admin's page", (360, 1280))
    catalog.page.set_viewport_size({"width": 360, "height": 800})
    link = chip(catalog.page).get_by_role("link", name="Sign in")
    assert link.evaluate("link => link.getClientRects().length") == 1, "it breaks in two lines"
