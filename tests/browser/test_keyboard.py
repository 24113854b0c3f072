"""Without a mouse: from signing in to an exported difference, and the keys that make it short."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from syncengine.models import SyncOperation
from tests.browser import sheets
from tests.browser.conftest import Visit
from tests.browser.people import PASSWORD
from tests.browser.serving import Server
from tests.browser.test_accessibility import ENDS_PX, check
from tests.demo import Demo

pytestmark = pytest.mark.once

MAX_KEYS = 40
MAX_TABS = 30  # to a link that must be near


@pytest.fixture
def changed(product: Server, visit: Visit, demo: Demo) -> SyncOperation:
    """A sync with a difference and a failure."""
    newest = SyncOperation.objects.order_by("-first_position").first()
    if newest is None or not newest.updated:
        catalog = visit(product)
        demo.sheet(*sheets.rows(6))
        catalog.sync()
        demo.sheet(*sheets.rows(1, label="Verve"), *sheets.rows(5, first=1), FAILING)
        catalog.sync()
        catalog.context.close()
    return SyncOperation.objects.latest("first_position")


[FAILING] = sheets.failing_rows(["row-incomplete"])


class Keys:
    """The keyboard, with a count of what was pressed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed: list[str] = []

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed.append(key)

    def tab_to(self, text: str) -> None:
        """Press Tab until what has the focus says this."""
        for _ in range(MAX_TABS):
            self.press("Tab")
            if self.page.evaluate("document.activeElement.innerText") == text:
                return
        raise AssertionError(f"no {text} after {self.pressed}")


def test_from_signing_in_to_an_exported_difference(
    changed: SyncOperation, product: Server, visit: Visit, tmp_path: Path
) -> None:
    page = visit(product, "", "/accounts/login/", live=False).page
    keys = Keys(page)
    expect(page.get_by_label("Username")).to_be_focused()
    keys.press(*"auditor", "Tab")
    page.keyboard.insert_text(PASSWORD)  # a password manager's, or as long as its owner likes
    keys.press("Enter")
    page.wait_for_url(f"{product.origin}/")
    keys.tab_to("History")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="History", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-connection", "live")
    keys.press("j", "Enter")
    # The failure comes first, with what to do about it.
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    page.wait_for_load_state("networkidle")
    keys.press("j")
    assert "failed" in page.evaluate("document.activeElement.closest('section').innerText").lower()
    keys.press("/", "Tab", "u")  # the outcome “Updated”
    expect(page.get_by_role("heading", name="Events that match")).to_be_visible()
    page.wait_for_load_state("networkidle")
    keys.press("/")
    keys.tab_to("CSV")
    with page.expect_download() as download:
        keys.press("Enter")
    print(len(keys.pressed), "keys:", " ".join(keys.pressed))
    assert len(keys.pressed) <= MAX_KEYS
    text = download.value.path().read_text()
    [row] = csv.DictReader(io.StringIO(text))
    assert row["kind"] == "album-synced" and '"label":["","Verve"]' in row["data"]


def test_keys_are_told_and_can_be_turned_off(
    changed: SyncOperation, product: Server, visit: Visit
) -> None:
    page = visit(product, "auditor", "/syncs/").page
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    check(page, "the keys", ENDS_PX)
    dialog.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.localName") != "a"
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-connection", "live")
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.className") == "sync-link"


def test_what_is_typed_into_a_field_is_no_shortcut(
    changed: SyncOperation, product: Server, visit: Visit
) -> None:
    page = visit(product, "auditor", "/").page
    page.keyboard.press("/")
    page.keyboard.type("jr/?k")
    expect(page.get_by_role("searchbox")).to_have_value("jr/?k")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_rows_are_gone_through_one_by_one(
    changed: SyncOperation, product: Server, visit: Visit
) -> None:
    page = visit(product, "auditor", "/syncs/").page
    links = page.locator("a.sync-link")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
