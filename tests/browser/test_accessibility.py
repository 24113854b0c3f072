"""Accessible in every state: axe, reflow, focus, and nothing that jumps."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from albums.models import Album
from syncengine.models import SyncOperation
from tests import patience
from tests.browser import sheets
from tests.browser.conftest import Serve, Visit
from tests.browser.serving import Server
from tests.browser.watch import Watch
from tests.demo import Demo

pytestmark = pytest.mark.once

SCHEMES = ("light", "dark")
WIDTHS_PX = (360, 768, 1280)
ENDS_PX = (WIDTHS_PX[0], WIDTHS_PX[-1])
HEIGHT_PX = 900
REFLOW_PX = 320
MAX_SHIFT = 0.02

OBSERVE_SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      const moved = sources.map(({ node }) => node?.className || node?.nodeName);
      window.shifts.push({ value, moved });
    }
  }).observe({ type: "layout-shift", buffered: true });
}"""


def check(page: Page, what: str, widths: tuple[int, ...] = WIDTHS_PX) -> None:
    """axe finds nothing, and nothing is wider than the page."""
    axe = Axe()
    problems = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in widths:
            page.set_viewport_size({"width": width, "height": HEIGHT_PX})
            for violation in axe.run(page).response["violations"]:
                nodes = [node["html"][:160] for node in violation["nodes"][:3]]
                problems.append(f"{what}, {scheme}, {width} px: {violation['id']}: {nodes}")
    page.set_viewport_size({"width": REFLOW_PX, "height": HEIGHT_PX})
    root = "document.documentElement"
    if page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"):
        problems.append(f"{what}: wider than {REFLOW_PX} px")
    page.set_viewport_size({"width": WIDTHS_PX[-1], "height": HEIGHT_PX})
    assert not problems, "\n".join(problems)


def test_the_catalog_page_in_every_state(
    serve: Serve, visit: Visit, demo: Demo, watch: Watch
) -> None:
    watch.allow("net::ERR_", "WebSocket connection to")
    [server] = serve(**patience.MUCH)
    catalog = visit(server)
    check(catalog.page, "empty")

    demo.sheet(*sheets.rows(8), *sheets.failing_rows())
    assert catalog.sync() == "warnings"
    catalog.page.locator("failure-list summary").click()
    check(catalog.page, "done with warnings")
    again = catalog.page.get_by_role("button", name="Retry failed (5)")
    again.click()
    check(catalog.page, "rows to retry", ENDS_PX)
    catalog.page.keyboard.press("Escape")
    expect(again).to_be_focused()

    demo.behave(latency_ms=600_000)
    catalog.start()
    # Eight are fresh, and three rows fail without a call.
    expect(catalog.headline).to_have_text("Syncing album 12 of 13...")
    check(catalog.page, "running")
    catalog.part("cancelButton").click()
    assert catalog.wait_for_end() == "cancelled"

    demo.behave(latency_ms=0, sheet="hidden")
    assert catalog.sync() == "failed"
    check(catalog.page, "failed")

    demo.behave(sheet="normal")
    demo.sheet(*sheets.rows(1))
    assert catalog.sync() == "failed"
    check(catalog.page, "would archive too much", ENDS_PX)
    catalog.page.get_by_role("link", name="Review albums").click()
    expect(catalog.page.get_by_role("button", name="Archive these 7 albums")).to_be_visible()
    check(catalog.page, "what would be archived", ENDS_PX)
    catalog.open()

    demo.sheet(*sheets.rows(9))
    demo.behave(quota_exceeded=True)
    catalog.start()
    expect(catalog.panel).to_have_attribute("data-state", "waiting")
    check(catalog.page, "waiting")

    server.kill()
    expect(catalog.page.locator("connection-chip")).to_contain_text("Reconnecting")
    check(catalog.page, "disconnected")


@pytest.mark.parametrize("what", ["album", "history", "sync", "login"])
def test_the_other_pages(product: Server, visit: Visit, demo: Demo, what: str) -> None:
    catalog = visit(product)
    if not Album.objects.exists():
        demo.sheet(*sheets.rows(47))
        catalog.sync()
    if what == "sync":
        demo.sheet(*sheets.rows(45, label="axe"), *sheets.failing_rows())
        catalog.sync()
    newest = SyncOperation.objects.order_by("-first_position").first()
    paths = {
        "album": f"/albums/{Album.objects.order_by('position').first().pk}/",
        "history": "/syncs/",
        "sync": f"/syncs/{newest.pk if newest else ''}/",
        "login": "/accounts/login/",
    }
    if what == "login":
        catalog.context.clear_cookies()
    catalog.page.goto(paths[what])
    expect(catalog.page.get_by_role("heading", level=1)).to_be_visible()
    check(catalog.page, what, ENDS_PX)


def test_nothing_jumps_during_a_sync(product: Server, visit: Visit, demo: Demo) -> None:
    demo.sheet(*sheets.rows(47, label="shift"))
    catalog = visit(product)
    assert catalog.sync() == "completed"
    demo.sheet(*sheets.rows(47, label="shift again"), *sheets.failing_rows(["row-incomplete"]))
    demo.behave(speed=1, latency_ms=300)
    catalog.page.reload()
    catalog.wait_live()
    catalog.page.wait_for_load_state("networkidle")
    catalog.page.evaluate(OBSERVE_SHIFTS)
    catalog.page.evaluate("window.shifts.length = 0")
    heights = "document.querySelector('sync-panel').getBoundingClientRect().height"
    before = catalog.page.evaluate(heights)
    # By script: a click would excuse what moves in the half second after it.
    catalog.page.evaluate("document.querySelector('[data-part=startButton]').click()")
    expect(catalog.button).to_have_text("Syncing...")
    assert catalog.page.evaluate(heights) == before
    assert catalog.wait_for_end() == "warnings"
    catalog.page.wait_for_load_state("networkidle")
    shifts = catalog.page.evaluate("window.shifts")
    total = sum(shift["value"] for shift in shifts)
    print("layout shift", total)
    assert total <= MAX_SHIFT, shifts


def test_focus_stays_on_its_card_through_a_sync(product: Server, visit: Visit, demo: Demo) -> None:
    demo.sheet(*sheets.rows(47, label="focus"))
    catalog = visit(product)
    assert catalog.sync() == "completed"
    demo.sheet(*sheets.rows(47, label="focus again"))
    catalog.page.wait_for_load_state("networkidle")
    link = catalog.cards.nth(20).locator("a[data-album-link]")
    link.focus()
    album = catalog.cards.nth(20).get_attribute("data-album")
    catalog.page.evaluate("document.querySelector('[data-act=start]').requestSubmit()")
    expect(catalog.button).to_have_text("Syncing...")
    assert catalog.wait_for_end() == "completed"
    catalog.must_equal(visit(product))
    focused = "document.activeElement.closest('[data-album]')?.dataset.album"
    assert catalog.page.evaluate(focused) == album
