"""A request of the page fails: what is said, to whom, with which way out, and for how long."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser import sheets
from tests.browser.catalog_page import CatalogPage
from tests.browser.conftest import Serve, Visit
from tests.browser.people import PASSWORD, session_of
from tests.browser.serving import Server
from tests.browser.test_accessibility import check
from tests.browser.test_closed_sockets import CHANGED, chip
from tests.browser.watch import Watch
from tests.demo import Demo

UNREACHABLE = "The request did not reach the server. Check your connection and try again."
OUT_OF_DATE = (
    "This page is out of date, so nothing was done."
    " Reload it, sign in if it asks you to, and try again."
)
ANSWER_MS = 500  # long enough for an announcement that does not wait for it
RECORD_ANNOUNCEMENTS = """() => {
  window.announced = [];
  const region = document.querySelector("sync-announcer");
  new MutationObserver(() => announced.push(region.textContent))
    .observe(region, { childList: true, characterData: true, subtree: true });
}"""


def must_say(catalog: CatalogPage, error: str) -> None:
    """Nothing but this; a link that is hidden does not count."""
    expect(catalog.part("error")).to_have_text(error, use_inner_text=True)


def running(catalog: CatalogPage, demo: Demo, label: str) -> None:
    """A sync that stands still in the middle."""
    demo.sheet(*sheets.rows(47, label=label))
    demo.behave(latency_ms=600_000)
    catalog.start()
    expect(catalog.headline).to_have_text("Enriching with Spotify metadata...")


def announced(page: Page) -> list[str]:
    texts: list[str] = page.evaluate("announced")
    return texts


def test_a_request_that_did_not_arrive_is_no_concern_once_the_server_is_reached_again(
    serve: Serve, visit: Visit, demo: Demo, watch: Watch
) -> None:
    watch.allow("net::ERR_", "WebSocket connection to")
    [server] = serve()
    catalog = visit(server)
    running(catalog, demo, "unreachable")
    server.kill()
    expect(chip(catalog.page)).to_contain_text("Reconnecting")
    catalog.part("cancelButton").click()
    must_say(catalog, UNREACHABLE)
    server.start()
    catalog.wait_live()
    expect(catalog.part("error")).to_be_hidden()
    expect(catalog.part("cancelButton")).to_be_enabled()  # the sync goes on, for which nobody asked


def test_an_error_stands_until_the_sync_ends_or_the_next_begins(
    product: Server, visit: Visit, demo: Demo, watch: Watch
) -> None:
    watch.allow("status of 500")
    catalog = visit(product)
    running(catalog, demo, "until the end")
    catalog.page.route("**/cancel/", lambda route: route.fulfill(status=500))
    catalog.part("cancelButton").click()
    failed = "The server could not do this (status 500). Reload the page and try again."
    must_say(catalog, failed)
    operation = catalog.status()["operation"]["id"]
    cookies = f"sessionid={session_of('admin2')}"
    product.post(f"/syncs/{operation}/cancel/", cookies)
    assert catalog.wait_for_end() == "cancelled"
    expect(catalog.part("error")).to_be_hidden()

    catalog.page.route("**/syncs/", lambda route: route.fulfill(status=500))
    catalog.button.click()
    must_say(catalog, failed)
    expect(catalog.button).to_be_enabled()
    product.post("/syncs/", cookies)
    expect(catalog.part("by")).to_have_text("admin2")
    expect(catalog.part("error")).to_be_hidden()


def test_a_start_is_announced_when_the_server_has_named_it_and_never_where_it_refuses(
    product: Server, visit: Visit, demo: Demo, watch: Watch
) -> None:
    watch.allow("status of 403")
    demo.sheet(*sheets.rows(9, label="announced"))
    catalog = visit(product)
    page = catalog.page
    assert catalog.sync() == "completed"
    catalog.open()
    page.evaluate(RECORD_ANNOUNCEMENTS)
    title = page.title()

    def refuse(route: Route) -> None:
        expect(catalog.button).to_have_text("Syncing...")  # which the page shows at once
        page.wait_for_timeout(ANSWER_MS)
        error = {"code": "not-allowed", "message": "You may not.", "remedy": "Ask."}
        route.fulfill(status=403, json={"error": error})

    page.route("**/syncs/", refuse)
    catalog.button.click()
    must_say(catalog, "You may not. Ask.")
    expect(catalog.button).to_have_text("Sync Now")
    page.wait_for_timeout(ANSWER_MS)
    assert announced(page) == []
    assert page.title() == title  # it tells no end of a sync that nobody has waited for

    page.unroute("**/syncs/")
    demo.behave(latency_ms=600_000)
    demo.sheet(*sheets.rows(9, label="announced again"))
    catalog.start()
    expect(page.locator("sync-announcer")).to_have_text("admin started a sync.")


def test_a_page_whose_cookies_are_gone_tells_a_person_to_reload_it(
    product: Server, visit: Visit, watch: Watch
) -> None:
    watch.allow("status of 403")
    catalog = visit(product)
    catalog.context.clear_cookies()
    catalog.button.click()
    must_say(catalog, OUT_OF_DATE)
    expect(chip(catalog.page)).to_contain_text(CHANGED)
    chip(catalog.page).get_by_role("link", name="Load this page again").click()
    expect(catalog.page).to_have_url(re.compile("/accounts/login/"))


def test_whoever_is_signed_out_finds_the_way_to_sign_in_in_the_message(
    product: Server, visit: Visit, watch: Watch
) -> None:
    watch.allow("status of 401")
    catalog = visit(product, path="/?q=blue")
    page = catalog.page
    catalog.context.clear_cookies(name="sessionid")
    catalog.button.click()
    must_say(catalog, "You are signed out, so nothing was done. Sign in")
    expect(chip(page)).to_contain_text(CHANGED)
    check(page, "signed out, and asked for a sync", (360, 1280))
    catalog.part("error").get_by_role("link", name="Sign in").click()
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    catalog.wait_live()
    assert page.url == f"{product.origin}/?q=blue"  # where they were
    expect(catalog.part("error")).to_be_hidden()
