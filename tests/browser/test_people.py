"""Who sees and may do what; signing in and out; two people at the same sync."""

import re

from playwright.sync_api import expect

from syncengine.models import SyncEvent
from tests.browser import sheets
from tests.browser.conftest import Visit
from tests.browser.people import PASSWORD
from tests.browser.serving import Server
from tests.browser.watch import Watch
from tests.demo import Demo

FEW_TRIES = 10


def test_two_admins_see_the_same_at_the_same_time_and_who_else_watches(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(30, label="two"), *sheets.rows(17, first=30, label="two admins"))
    demo.behave(latency_ms=600_000)
    first, second = visit(product, "admin"), visit(product, "admin2")
    first.start()
    for catalog in (first, second):
        expect(catalog.button).to_have_text("Syncing...")
        expect(catalog.part("by")).to_have_text("admin")
        expect(catalog.part("startedAt")).to_have_text(re.compile("^(just now|\\d+ s ago)$"))
        watchers = catalog.page.locator("sync-watchers li")
        expect(watchers).to_have_count(2)
        expect(watchers.filter(has_text="Ada Marlow")).to_be_visible()
        expect(watchers.filter(has_text="Ben Okafor")).to_be_visible()
    first.must_equal(second)
    second.page.close()
    expect(first.page.locator("sync-watchers li")).to_have_count(1)


def test_viewer_and_auditor_see_no_button_and_are_told_why(product: Server, visit: Visit) -> None:
    for name in ("viewer", "auditor"):
        catalog = visit(product, name)
        expect(catalog.panel.get_by_role("button")).to_have_count(0)
        expect(catalog.panel).to_contain_text("Catalog admins start syncs. You can watch.")
        history = catalog.page.get_by_role("link", name="History")
        expect(history).to_have_count(1 if name == "auditor" else 0)


def test_without_javascript_a_form_starts_cancels_and_shows_a_sync(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47, label="plain"))
    demo.behave(latency_ms=600_000)
    catalog = visit(product, live=False, java_script_enabled=False)
    hint = catalog.panel.locator("noscript")
    expect(hint).to_be_visible()
    assert "Reload it to see more." in (hint.text_content() or "")
    catalog.button.click()
    expect(catalog.page).to_have_url(f"{product.origin}/")
    expect(catalog.button).to_have_text("Syncing...")
    expect(catalog.button).to_be_disabled()
    catalog.reload_until(catalog.headline, "Enriching with Spotify metadata...")
    catalog.part("cancelButton").click()
    catalog.reload_until(catalog.result, "Sync cancelled: 0/47 albums synced.")
    expect(catalog.button).to_be_enabled()

    demo.behave(latency_ms=0)
    catalog.button.click()
    catalog.reload_until(catalog.result, "Sync complete! Updated 47 albums")
    expect(catalog.cards).to_have_count(47)


def test_cancelling_stops_the_sync_and_says_how_far_it_was(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47, label="cancel"))
    catalog = visit(product)
    assert catalog.sync() == "completed"
    demo.sheet(*sheets.rows(15, label="cancel"), *sheets.rows(32, first=15, label="cancel again"))
    demo.behave(latency_ms=600_000)
    catalog.start()
    expect(catalog.headline).to_have_text("Syncing album 16 of 47...")
    other = visit(product, "admin2")
    other.part("cancelButton").click()
    for one in (catalog, other):
        assert one.wait_for_end() == "cancelled"
        expect(one.result).to_have_text("Sync cancelled: 15/47 albums synced.")
        expect(one.part("cancelForm")).to_be_hidden()
        expect(one.button).to_be_enabled()


def test_the_keyboard_alone_starts_cancels_and_reads_failures(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47, label="keys"), *sheets.failing_rows(["row-incomplete"]))
    catalog = visit(product)
    keys = catalog.page.keyboard

    def press_until(selector: str, key: str = "Tab") -> None:
        for _ in range(40):
            if catalog.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            keys.press(key)
        raise AssertionError(f"{selector} cannot be reached by {key}")

    press_until("[data-part=startButton]")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert catalog.page.evaluate(outline) != "none"
    keys.press("Enter")
    assert catalog.wait_for_end() == "warnings"
    press_until("failure-list summary")
    assert catalog.page.evaluate(outline) != "none"
    keys.press("Enter")
    expect(catalog.page.locator("failure-list li")).to_be_visible()

    demo.sheet(*sheets.rows(47, label="keys again"))
    demo.behave(latency_ms=600_000)
    press_until("[data-part=startButton]", "Shift+Tab")
    keys.press("Space")
    expect(catalog.part("cancelForm")).to_be_visible()
    press_until("[data-part=cancelButton]")
    keys.press("Enter")
    assert catalog.wait_for_end() == "cancelled"
    assert catalog.page.evaluate("document.activeElement !== document.body")


def test_signing_in_a_wrong_password_and_signing_out(product: Server, visit: Visit) -> None:
    catalog = visit(product, "", live=False)
    page = catalog.page
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.get_by_label("Username").fill("viewer")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("That name and password do not go together.")
    expect(page.get_by_label("Username")).to_have_value("viewer")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    catalog.wait_live()
    expect(page.locator(".account-name")).to_have_text("Dan Rossi")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.goto("/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_signing_in_is_paused_after_ten_wrong_passwords(
    product: Server, visit: Visit, watch: Watch
) -> None:
    watch.allow("status of 429", "status of 403")
    page = visit(product, "", path="/accounts/login/", live=False).page
    for _ in range(FEW_TRIES):
        page.get_by_label("Username").fill("auditor")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("h1, [role=alert]").first).to_be_visible()
    expect(page.get_by_role("heading", name="Too many tries.")).to_be_visible()
    expect(page.locator("main")).to_contain_text("paused for a quarter of an hour")
    assert SyncEvent.objects.filter(person="auditor").count() == 0
