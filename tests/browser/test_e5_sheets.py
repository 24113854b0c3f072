"""E5: a sheet that cannot be the list of albums changes nothing, and the page says why."""

from typing import Any

import pytest
from playwright.sync_api import expect

from albums.models import Album, AlbumVersion
from tests.browser import sheets
from tests.browser.catalog_page import CatalogPage
from tests.browser.conftest import Serve, Visit
from tests.browser.serving import Server
from tests.demo import Demo

pytestmark = pytest.mark.once

# What Google answers: (message, part of what to do).
BAD_SHEETS = {
    "missing": ("Google knows no sheet at the configured address.", "Check GOOGLE_SHEETS_URL"),
    "hidden": ("The Google Sheet is not shared: Google asks us to sign in.", "Anyone with"),
    "sign-in": ("The Google Sheet is not shared: Google asks us to sign in.", "Anyone with"),
    "html": ("Google answered with a web page instead of the sheet's rows.", "shared with anyone"),
    "empty": ("The sheet holds no albums. Nothing was changed.", "right sheet and tab"),
    "header-only": ("The sheet holds no albums. Nothing was changed.", "right sheet and tab"),
    "truncated": ("The sheet arrived incomplete. Nothing was changed.", "Start the sync again"),
}


def dump() -> list[Any]:
    return [list(model.objects.order_by("pk").values_list()) for model in (Album, AlbumVersion)]


def expect_refusal(catalog: CatalogPage, message: str, remedy: str) -> None:
    expect(catalog.headline).to_have_text(message)
    expect(catalog.result).to_have_text("The catalog was not changed.")
    expect(catalog.part("figures")).to_contain_text(remedy)
    expect(catalog.button).to_be_enabled()


def test_e5_a_private_empty_or_broken_sheet_changes_nothing(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47, label="E5"))
    catalog = visit(product)
    assert catalog.sync() == "completed"
    expect(catalog.cards).to_have_count(47)
    before, cards = dump(), catalog.shown()["cards"]
    demo.sheet(*sheets.rows(47, label="E5 again"))
    for sheet, (message, remedy) in BAD_SHEETS.items():
        demo.behave(sheet=sheet)
        assert catalog.sync() == "failed", sheet
        expect_refusal(catalog, message, remedy)
        assert dump() == before
    assert catalog.shown()["cards"] == cards


def test_e5_half_a_sheet_changes_nothing_until_it_is_confirmed(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47, label="half"))
    catalog = visit(product)
    assert catalog.sync() == "completed"
    before = dump()
    demo.behave(sheet="half")
    assert catalog.sync() == "failed"
    expect(catalog.headline).to_contain_text("would archive 23 of the 47 albums")
    expect(catalog.result).to_have_text("The catalog was not changed.")
    expect(catalog.part("figures")).to_contain_text("confirm this sheet")
    assert dump() == before
    expect(catalog.cards).to_have_count(47)

    # It was meant. First all of the 23 are named.
    kept = {sheets.title(row) for row in sheets.rows(24, label="half")}
    gone = {sheets.title(row) for row in sheets.rows(47, label="half")} - kept
    catalog.page.get_by_role("link", name="Review albums").click()
    named = catalog.page.locator("section[aria-labelledby=archive] li")
    expect(named).to_have_count(23)
    assert gone <= set(named.locator("a").all_text_contents())
    catalog.page.get_by_role("button", name="Archive these 23 albums").click()
    catalog.wait_live()
    assert catalog.wait_for_end() == "completed"
    expect(catalog.cards).to_have_count(24)
    demo.behave(sheet="normal")
    assert catalog.sync() == "completed"
    expect(catalog.cards).to_have_count(47)


def test_e5_a_wrong_sheet_url_changes_nothing(serve: Serve, visit: Visit) -> None:
    [server] = serve(GOOGLE_SHEETS_URL="https://example.org/albums")
    catalog = visit(server)
    before = dump()
    assert catalog.sync() == "failed"
    message = "GOOGLE_SHEETS_URL holds no Google Sheets link that we can read."
    expect_refusal(catalog, message, "copy the address")
    assert dump() == before
