"""One sync on its page in a real browser: live without moving, and each event at its own link."""

import json

import pytest
from playwright.sync_api import expect

from syncengine.models import SyncEvent, SyncOperation
from tests.browser import sheets
from tests.browser.catalog_page import CatalogPage
from tests.browser.conftest import Visit
from tests.browser.serving import Server
from tests.browser.test_accessibility import ENDS_PX, check
from tests.demo import Demo

pytestmark = pytest.mark.once

UPDATES = 100
LOOK_MS = 50
ALBUMS = 90
# What has the focus, and how far from the top of the window.
WHERE = """() => {
  const { activeElement } = document;
  return { href: activeElement.href, top: activeElement.getBoundingClientRect().top };
}"""


def newest() -> SyncOperation:
    sync = SyncOperation.objects.order_by("-first_position").first()
    assert sync is not None
    return sync


def events_of(sync: SyncOperation, *kinds: str) -> list[int]:
    found = SyncEvent.objects.filter(operation=sync.pk, kind__in=kinds).order_by("position")
    return list(found.values_list("position", flat=True))


@pytest.fixture
def synced(product: Server, visit: Visit, demo: Demo) -> SyncOperation:
    """A sync with albums of every outcome, after another one."""
    last = SyncOperation.objects.order_by("-first_position").first()
    if last is None or last.removed != 1:
        catalog = visit(product)
        demo.sheet(*sheets.rows(12))
        catalog.sync()
        changed = sheets.rows(3, label="Verve")
        demo.sheet(*changed, *sheets.rows(8, first=3), *sheets.rows(2, first=20), *failing())
        catalog.sync()
        catalog.context.close()
    return newest()


def failing() -> list[str]:
    return sheets.failing_rows(["row-incomplete", "row-link-unsupported"])


def test_every_part_of_a_sync_s_page_is_accessible(
    synced: SyncOperation, product: Server, visit: Visit
) -> None:
    path = f"/syncs/{synced.pk}/"
    page = visit(product, "auditor", path, live=False).page
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    check(page, "a sync")
    for summary in page.locator("main summary").all()[:20]:
        summary.click()
    check(page, "a sync, opened")
    page.goto(f"{product.origin}{path}?outcome=updated")
    check(page, "a sync, filtered")
    page.goto(f"{product.origin}{path}?words=nothing+like+this")
    check(page, "a sync, nothing found")
    [position] = events_of(synced, "album-removed")
    page.goto(f"{product.origin}{path}?at={position}#e{position}")
    page.get_by_text("The raw event").click()
    check(page, "an event")


def test_an_event_opens_at_its_place_whoever_names_it(
    synced: SyncOperation, product: Server, visit: Visit
) -> None:
    """The plain form `#e<position>` reaches no server, so the page itself looks for it."""
    page = visit(product, "auditor", "/syncs/", live=False).page
    changed = SyncEvent.objects.filter(operation=synced.pk, data__contains='"outcome":"updated"')
    position = changed.earliest("position").position
    page.goto(f"{product.origin}/syncs/{synced.pk}/?outcome=failed#e{position}")
    page.wait_for_url(f"**/?at={position}#e{position}")
    expect(page.locator(":target")).to_contain_text("Verve")
    page.get_by_text("The raw event").click()
    raw = json.loads(page.locator("#raw").inner_text())
    assert raw["position"] == position
    assert raw["data"] == json.loads(SyncEvent.objects.get(pk=position).data)
    page.get_by_role("link", name="The event after").click()
    expect(page.get_by_role("heading", name=f"Event {position + 1}")).to_be_visible()
    # One that stands on the page needs no other.
    [failed, _] = events_of(synced, "album-failed")
    page.goto(f"{product.origin}/syncs/{synced.pk}/#e{failed}")
    expect(page.locator(":target")).to_contain_text("Row ")
    assert "?" not in page.url


def test_choosing_an_outcome_and_searching_narrow_the_list(
    synced: SyncOperation, product: Server, visit: Visit
) -> None:
    page = visit(product, "auditor", f"/syncs/{synced.pk}/", live=False).page
    page.get_by_label("Outcome").select_option("Updated")
    expect(page.get_by_role("heading", name="Events that match")).to_be_visible()
    expect(page.locator(".event")).to_have_count(synced.updated or 0)
    page.get_by_label("Search this sync").fill("no such album")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No event matches.")).to_be_visible()
    assert "outcome=updated" in page.url and "words=no+such+album" in page.url
    page.get_by_role("link", name="Clear filters").first.click()
    expect(page.locator(".event")).to_have_count(len(events_of(synced, *ALBUM_KINDS)))


ALBUM_KINDS = ("album-synced", "albums-unchanged", "album-failed", "album-removed")


def test_nothing_that_is_read_moves_through_a_hundred_live_updates(
    synced: SyncOperation, product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(ALBUMS, label="moving"), *failing())
    demo.behave(speed=1, latency_ms=1200)  # it is to outlast the opening of another page
    catalog = visit(product)
    history = visit(product, "auditor", "/syncs/").page
    history.locator(f'a.sync-link[href="/syncs/{synced.pk}/"]').focus()
    row_before = history.evaluate(WHERE)
    catalog.start()
    expect(catalog.part("figures")).to_contain_text(f"/{ALBUMS + 2} albums")
    sync = newest()
    while not events_of(sync, *ALBUM_KINDS):
        catalog.page.wait_for_timeout(LOOK_MS)
    page = visit(product, "auditor", f"/syncs/{sync.pk}/").page
    begun = SyncEvent.objects.count()
    headline = page.locator("[data-part=headline]").inner_text()
    page.locator(".event .event-place").first.focus()
    before = page.evaluate(WHERE)

    assert catalog.wait_for_end() == "warnings"
    expect(page.locator("[data-part=freshLink]")).to_have_text("It has ended: show all of it")
    expect(page.locator("[data-part=headline]")).not_to_have_text(headline)
    demo.sheet(*sheets.rows(ALBUMS, label="moving on"), *failing())
    demo.behave(latency_ms=0)
    assert catalog.sync() == "warnings"
    expect(history.locator(f'a.sync-link[href="/syncs/{newest().pk}/"]')).to_be_visible()
    updates = SyncEvent.objects.count() - begun
    print("live updates", updates)
    assert updates >= UPDATES
    assert page.evaluate(WHERE) == before
    assert history.evaluate(WHERE)["href"] == row_before["href"]
    check(page, "a sync that has ended under its reader", ENDS_PX)
    page.locator("[data-part=freshLink]").click()
    expect(page.locator("[data-part=freshLink]")).to_have_count(0)
    expect(page.get_by_text(f"Synced {ALBUMS} albums, failed on 2 albums.")).to_be_visible()


def test_a_second_admin_sees_the_head_move_on_without_a_reload(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(ALBUMS, label="head"))
    demo.behave(latency_ms=600_000)
    catalog: CatalogPage = visit(product)
    catalog.start()
    page = visit(product, "auditor", f"/syncs/{newest().pk}/").page
    expect(page.locator(".state")).to_have_text("Running")
    check(page, "a running sync")
    catalog.part("cancelButton").click()
    assert catalog.wait_for_end() == "cancelled"
    expect(page.locator(".state")).to_have_text("Cancelled")
    expect(page.locator("[data-part=headline]")).to_contain_text("Sync cancelled")
