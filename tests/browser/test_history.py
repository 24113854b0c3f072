"""The history: filters in the URL, charts that lead to syncs, and the running one on top, live."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from syncengine.models import SyncOperation
from tests import patience
from tests.browser import sheets
from tests.browser.conftest import Serve, Visit
from tests.browser.past import ended
from tests.browser.serving import Server
from tests.browser.test_accessibility import check
from tests.browser.watch import Watch
from tests.demo import Demo

pytestmark = pytest.mark.once

MATCHES = "Syncs that match"
# As a snapshot does that comes after a gap in which one sync ended and another one began.
SNAPSHOT_OF_ANOTHER = """async () => {
  const main = document.querySelector("script[type=module][src*='/main.']").src;
  const [name] = (await (await fetch(main)).text()).match(/store\\.[0-9a-f]+\\.js/);
  const { current, update } = await import(new URL(name, main));
  const { status } = current();
  update({ status: { ...status, operation: { ...status.operation, id: crypto.randomUUID() } } });
}"""


@pytest.fixture
def server(serve: Serve, demo: Demo, visit: Visit) -> Server:
    """A product with a past: two syncs of other years, one with failures, one that failed."""
    for days in (800, 400):
        ended(timedelta(days=days))
    [server] = serve(**patience.MUCH)
    demo.sheet(*sheets.rows(8), *sheets.failing_rows())
    catalog = visit(server)
    assert catalog.sync() == "warnings"
    demo.behave(sheet="hidden")
    assert catalog.sync() == "failed"
    demo.behave(sheet="normal")
    return server


def rows(page: Page) -> list[str]:
    return page.locator(".sync-link").all_text_contents()


def live(page: Page, path: str = "/syncs/") -> Page:
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("data-connection", "live")
    return page


def test_filters_end_in_the_url_and_the_url_is_the_view_of_everybody(
    server: Server, visit: Visit
) -> None:
    page = live(visit(server, "auditor", live=False).page)
    expect(page.locator(".sync-row")).to_have_count(4)
    page.get_by_label("State").select_option("Completed with warnings")
    expect(page).to_have_url(f"{server.origin}/syncs/?state=warnings")
    page.get_by_label("Error code").fill("album-no-match")
    page.get_by_label("Person").fill("admin")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name=MATCHES)).to_be_visible()
    assert page.url.endswith("/syncs/?state=warnings&by=admin&code=album-no-match")
    assert len(rows(page)) == 1
    other = visit(server, "admin2", live=False).page
    other.goto(page.url)
    assert rows(other) == rows(page)
    page.get_by_role("link", name="Clear filters").first.click()
    expect(page.locator(".sync-row")).to_have_count(4)


def test_without_javascript_the_form_does_the_same(server: Server, visit: Visit) -> None:
    page = visit(server, "auditor", live=False, java_script_enabled=False).page
    page.goto("/syncs/")
    until = datetime.now(UTC) - timedelta(days=300)
    page.get_by_label("To", exact=True).fill(f"{until:%Y-%m-%d}")
    page.get_by_label("Started").select_option("With Sync Now")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name=MATCHES)).to_be_visible()
    assert len(rows(page)) == 2
    page.get_by_label("To", exact=True).fill("2000-01-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="No sync matches.")).to_be_visible()
    page.get_by_role("link", name="Clear filters").last.click()
    assert len(rows(page)) == 4


def test_an_album_is_found_by_its_name(server: Server, visit: Visit) -> None:
    page = live(visit(server, "auditor", live=False).page)
    title = sheets.title(sheets.rows(1)[0])
    page.get_by_label("Album").fill(title.upper())
    page.get_by_label("Album").press("Enter")
    expect(page).to_have_url(re.compile("album=[0-9a-f-]{36}$"))
    expect(page.locator(".chosen-album")).to_contain_text(title)
    assert len(rows(page)) == 1
    page.get_by_role("link", name="Any album").click()
    expect(page.locator(".sync-row")).to_have_count(4)


def test_what_is_refused_says_how_it_would_be_right(
    server: Server, visit: Visit, watch: Watch
) -> None:
    watch.allow("status of 400")
    page = visit(server, "auditor", live=False).page
    page.goto("/syncs/?since=yesterday&code=No+Match&colour=red")
    expect(page.get_by_role("alert")).to_contain_text("write it as 2026-11-03")
    expect(page.get_by_role("alert")).to_contain_text("There is no filter “colour”")
    expect(page.get_by_label("Error code")).to_have_value("No Match")
    expect(page.locator(".sync-row")).to_have_count(0)
    check(page, "refused")
    page.get_by_label("Error code").fill("album-no-match")
    page.get_by_label("Error code").press("Enter")
    expect(page.locator(".sync-row")).to_have_count(1)


def test_each_bar_of_a_chart_leads_to_its_sync(server: Server, visit: Visit) -> None:
    page = live(visit(server, "auditor", live=False).page)
    bars = page.locator(".chart-plot").first.locator("a")
    expect(bars).to_have_count(4)
    page.get_by_role("link", name="Skip the charts").focus()
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(bars.last).to_be_focused()
    page.keyboard.press("Enter")
    newest = SyncOperation.objects.order_by("-first_position")[0]
    expect(page).to_have_url(f"{server.origin}/syncs/{newest.pk}/")
    page.go_back()
    page.get_by_text("The same figures as a table").click()
    table = page.locator(".chart-figures tbody tr")
    expect(table).to_have_count(4)
    expect(table.first).to_contain_text("Failed")
    expect(table.nth(1)).to_contain_text("Completed with warnings")


def test_skipping_the_charts_leads_to_the_syncs(server: Server, visit: Visit) -> None:
    page = live(visit(server, "auditor", live=False).page)
    page.get_by_role("link", name="Skip the charts").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".sync-link").first).to_be_focused()


def test_a_sync_that_begins_comes_to_the_top_and_its_row_follows_it(
    server: Server, visit: Visit, demo: Demo
) -> None:
    page = live(visit(server, "auditor", live=False).page)
    read = page.locator(".sync-link").nth(1)
    read.focus()
    text = read.text_content()
    demo.sheet(*sheets.rows(8, label="anew"), *sheets.failing_rows(["row-incomplete"]))
    demo.behave(latency_ms=600_000)
    admin = visit(server, "admin")
    admin.start()
    top = page.locator(".sync-row").first
    expect(top.locator(".sync-link")).to_have_text("Syncing album 2 of 9...")
    expect(top).to_contain_text("admin, with Sync Now, just now")
    expect(top).to_contain_text("1 failed.")
    expect(top.locator(".sync-error")).to_contain_text("“Nobody's Album” failed:")
    expect(top.locator(".sync-error a")).to_have_text("row-incomplete")
    check(page, "a sync that began while the page was open", (360, 1280))
    assert page.evaluate("document.activeElement.textContent") == text

    # One who comes later sees the same row, and so does the page without JavaScript.
    later = live(visit(server, "auditor", live=False).page)
    plain = visit(server, "auditor", live=False, java_script_enabled=False).page
    plain.goto("/syncs/")
    for other in (later, plain):
        expect(other.locator(".sync-row").first.locator(".sync-link")).to_have_text(
            "Syncing album 2 of 9..."
        )
    hint = plain.locator("noscript")
    expect(hint).to_be_visible()
    assert "Reload it to see more." in (hint.text_content() or "")
    check(later, "a sync under way", (360, 1280))
    # What a filter leaves out stays out.
    narrowed = live(visit(server, "auditor", live=False).page, "/syncs/?state=failed")
    expect(narrowed.locator(".sync-row")).to_have_count(1)

    admin.part("cancelButton").click()
    assert admin.wait_for_end() == "cancelled"
    for other in (page, later):
        row = other.locator(".sync-row").first
        expect(row.locator(".sync-link")).to_have_text("Sync cancelled: 0/9 albums synced.")
        expect(row.locator(".state")).to_have_class(re.compile("state-cancelled"))
        expect(row).to_contain_text("took")
    expect(page.locator(".sync-row")).to_have_count(5)
    fresh = live(visit(server, "auditor", live=False).page)
    for part in ("sentence", "counts", "trigger", "by", "took", "error"):
        place = f".sync-row >> nth=0 >> [data-part={part}]"
        assert page.inner_text(place) == fresh.inner_text(place), part


def test_a_sync_whose_end_was_missed_is_not_shown_as_going_on(
    server: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(8, label="anew"))
    demo.behave(latency_ms=600_000)
    visit(server, "admin").start()
    page = live(visit(server, "auditor", live=False).page, "/syncs/?by=admin")
    row = page.locator("[data-live]").last
    expect(row.locator(".sync-link")).to_have_text("Enriching with Spotify metadata...")
    page.evaluate(SNAPSHOT_OF_ANOTHER)
    expect(row.locator(".sync-link")).to_have_text("This sync has ended. Open it to see how.")
    expect(page.locator(".sync-row")).to_have_count(5)


def test_the_history_is_accessible_in_every_state(serve: Serve, visit: Visit, demo: Demo) -> None:
    [server] = serve()
    page = visit(server, "auditor", live=False).page
    check(live(page), "never synced")
    demo.sheet(*sheets.rows(8), *sheets.failing_rows())
    assert visit(server).sync() == "warnings"
    check(live(page), "one sync")
    page.get_by_text("The same figures as a table").click()
    check(page, "the figures as a table")
    check(live(page, "/syncs/?by=nobody"), "no match")
    check(live(page, "/syncs/?album=e"), "which album")
    expect(page.get_by_role("heading", name="Which album?")).to_be_visible()
    page.locator(".which a").first.click()
    expect(page.locator(".chosen-album")).to_be_visible()
    check(page, "one album")
    check(live(page, "/syncs/?before=1"), "beyond the oldest")
