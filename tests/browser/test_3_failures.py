"""3: what goes wrong, told so that an admin knows what to do."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import sheets
from tests.browser.conftest import Serve, Visit
from tests.browser.serving import Server
from tests.demo import Demo
from tests.syncing import current_operation, eventually

pytestmark = pytest.mark.once

NO_CREDENTIALS = "Spotify credentials not configured. Please check environment variables."
NO_NETWORK = "Network error: Unable to reach external services. Please check your connection."


def test_3_1_missing_spotify_credentials_are_named(serve: Serve, visit: Visit) -> None:
    [server] = serve(SPOTIFY_CLIENT_ID="", SPOTIFY_CLIENT_SECRET="")
    catalog = visit(server)
    assert catalog.sync() == "failed"
    expect(catalog.headline).to_have_text(NO_CREDENTIALS)
    expect(catalog.result).to_have_text("The catalog was not changed.")
    expect(catalog.part("figures")).to_contain_text("Set SPOTIFY_CLIENT_ID and")
    expect(catalog.button).to_be_enabled()
    # Cause, effect, what to do: the same for whoever comes later.
    catalog.must_equal(visit(server))


def test_3_1_wrong_spotify_credentials_are_named(product: Server, visit: Visit, demo: Demo) -> None:
    demo.sheet(*sheets.rows(47, label="3.1"))
    demo.behave(credentials_refused=True, expire_tokens=True)
    catalog = visit(product)
    assert catalog.sync() == "failed"
    expect(catalog.headline).to_have_text(NO_CREDENTIALS)
    expect(catalog.part("figures")).to_contain_text("Set SPOTIFY_CLIENT_ID and")
    expect(catalog.button).to_be_enabled()


@pytest.mark.parametrize("lost", ["google", "both"])
def test_3_2_a_lost_network_is_named(product: Server, visit: Visit, demo: Demo, lost: str) -> None:
    demo.sheet(*sheets.rows(47, label="3.2"))
    demo.behave(network_lost=lost)
    catalog = visit(product)
    assert catalog.sync() == "failed"
    expect(catalog.headline).to_have_text(NO_NETWORK)
    expect(catalog.result).to_have_text("The catalog was not changed.")
    expect(catalog.part("figures")).to_contain_text("Check this machine's network")
    expect(catalog.button).to_be_enabled()


def test_3_3_warnings_name_which_albums_failed_why_and_what_to_do(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(45, label="3.3"), *sheets.failing_rows())
    catalog = visit(product)
    assert catalog.sync() == "warnings"
    expect(catalog.result).to_have_text(
        "Sync completed with warnings: 45/50 albums updated successfully. 5 failed."
    )
    failures = catalog.status()["operation"]["failures"]
    assert {failure["code"] for failure in failures} == set(sheets.FAILING_ROWS)

    catalog.page.locator("failure-list summary").click()
    items = catalog.page.locator("failure-list li")
    expect(items).to_have_count(5)
    for item, failure in zip(items.all(), reversed(failures), strict=True):
        expect(item).to_be_visible()
        expect(item).to_contain_text(f"Row {failure['row']}")
        expect(item).to_contain_text(failure["title"] or "Untitled")
        expect(item).to_contain_text(failure["message"])
        expect(item).to_contain_text(failure["remedy"])
    catalog.must_equal(visit(product))

    # The same five head the page of this sync.
    catalog.page.locator("failure-list [data-all]").click()
    expect(catalog.page.locator("#failed")).to_have_text("Failed 5")
    for failure in failures:
        expect(catalog.page.locator("main")).to_contain_text(failure["remedy"])


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_what_failed_is_tried_again_by_name(
    product: Server, visit: Visit, demo: Demo, scripts: bool
) -> None:
    failing = sheets.failing_rows(["album-not-found", "album-no-match"])
    demo.sheet(*sheets.rows(45, label=f"again {scripts}"), *failing)
    assert visit(product).sync() == "warnings"
    catalog = visit(product, live=scripts, java_script_enabled=scripts)
    rows = catalog.page.locator("#retry li")
    expect(rows.first).to_be_hidden()

    # Named first, row by row; it may be left at that.
    again = catalog.page.get_by_role("button", name="Retry failed (2)", exact=True)
    again.click()
    expect(rows).to_have_text(["Row 47 Gone by Nobody", re.compile("^Row 48 Xylo.* by Zzyzx")])
    catalog.page.get_by_role("button", name="Close").click()
    expect(rows.first).to_be_hidden()

    cells = [*sheets.FAILING_ROWS["album-not-found"][:2], "1999", "", ""]
    corrected = sheets.line(*cells, sheets.spotify_id(50 + scripts))
    demo.sheet(*sheets.rows(45, label=f"again {scripts}"), corrected, failing[1])
    again.click()
    catalog.page.get_by_role("button", name="Retry these albums").click()
    if scripts:
        expect(again).to_be_hidden()  # the page has heard of the new sync
        expect(rows.first).to_be_hidden()
    eventually(
        lambda: current_operation()["mode"] == "retry" and current_operation()["finished_at"]
    )
    # One was given another link meanwhile, and is the row in the same place now.
    operation = current_operation()
    assert (operation["total"], operation["synced"], operation["failed"]) == (2, 1, 1)
    if scripts:
        catalog.must_equal(visit(product))
        expect(rows).to_have_count(1)


def test_3_4_the_button_is_enabled_again_after_every_kind_of_end(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47, label="3.4"))
    catalog = visit(product)

    def is_ready_again() -> None:
        expect(catalog.button).to_be_enabled()
        expect(catalog.button).to_have_text("Sync Now")
        expect(catalog.part("startReason")).to_have_text("")

    assert catalog.sync() == "completed"
    is_ready_again()

    demo.behave(sheet="empty")
    assert catalog.sync() == "failed"
    is_ready_again()

    demo.behave(sheet="normal")
    demo.sheet(*sheets.rows(47, label="3.4"), *sheets.failing_rows(["row-incomplete"]))
    assert catalog.sync() == "warnings"
    is_ready_again()

    demo.sheet(*sheets.rows(47, label="3.4 again"))
    demo.behave(latency_ms=5_000)
    catalog.start()
    catalog.part("cancelButton").click()
    assert catalog.wait_for_end() == "cancelled"
    is_ready_again()
