"""A page at work: it changes seldom, keeps its place and its size, and follows who types."""

import itertools
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from albums.models import Album
from tests.benchmarks.pages import album
from tests.browser import observed, sheets
from tests.browser.catalog_page import CatalogPage
from tests.browser.conftest import Serve, Visit
from tests.browser.people import session_of
from tests.browser.serving import Server
from tests.browser.watch import Watch
from tests.demo import Demo

pytestmark = pytest.mark.once

PAINT_MS = 100
TIMER_MS = 2  # a timer may be that early
MOST_SHIFT = 0.02
FEW_FAILURES, MANY_FAILURES = 600, 3_000  # rows; the page tells of the newest 100
MANY_ALBUMS = 10_000
A_PAGE = 60
LIMIT_S = 120.0  # for what is bound to happen, on a busy machine
LOOK_MS = 100
SCROLLED_PX = 1200
NEAR_PX = 100
# Whether any frame left cards out.
NOTE_WHAT_IS_HELD_BACK = """() => {
  window.heldBack = false;
  const look = () => {
    heldBack ||= document.querySelector("album-grid").matches("[data-fresh]");
    requestAnimationFrame(look);
  };
  look();
}"""
NOTE_GLIDES = """() => {
  window.glided = new Set();
  const { animate } = Element.prototype;
  Element.prototype.animate = function (frames, options) {
    if (frames[0]?.transform) glided.add(this.dataset.album);
    return animate.call(this, frames, options);
  };
}"""
GATHERED_MS = 1000  # more than what is added waits for, to be put in together


@pytest.fixture
def server(serve: Serve) -> Server:
    """A product with an empty catalog."""
    return serve()[0]


@pytest.fixture(params=["/", "/?view=list"])
def catalog(request: pytest.FixtureRequest, server: Server, visit: Visit) -> CatalogPage:
    """A page that is observed."""
    catalog = visit(server, path="", live=False)
    observed.observe(catalog.page)
    catalog.open(request.param)
    observed.begin(catalog.page)
    return catalog


def sync(server: Server, catalog: CatalogPage) -> None:
    """Let a program sync, since what moves after somebody's click does not count as a shift."""
    _, answer = server.post("/syncs/", f"sessionid={session_of('admin')}")
    wanted = answer["operation"]["id"]

    def has_ended() -> bool:
        operation = catalog.status()["operation"]
        return bool(operation and operation["id"] == wanted and operation["finished_at"])

    wait(catalog.page, has_ended)
    catalog.wait_for_end()


def wait(page: Page, condition: Callable[[], bool]) -> None:
    until = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < until
        page.wait_for_timeout(LOOK_MS)


def test_the_page_changes_in_one_paint_at_most_ten_times_a_second(
    server: Server, catalog: CatalogPage, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47), *sheets.failing_rows() * 10)
    sync(server, catalog)
    seen = observed.observed(catalog.page)
    assert len(seen.updates) > 2
    gaps = [later - earlier for earlier, later in itertools.pairwise(seen.updates)]
    assert min(gaps) >= PAINT_MS - TIMER_MS, sorted(gaps)[:5]


def test_nothing_jumps_while_albums_come_and_change(
    server: Server, catalog: CatalogPage, demo: Demo
) -> None:
    for label in ("One label", "A label with a much longer name"):
        demo.sheet(*sheets.rows(47, label=label))
        demo.behave(latency_ms=60)
        sync(server, catalog)
    seen = observed.observed(catalog.page)
    assert seen.largest_shift <= MOST_SHIFT, seen.shifts


def test_the_page_does_not_grow_over_thousands_of_events(
    server: Server, visit: Visit, demo: Demo
) -> None:
    catalog = visit(server)
    elements = catalog.page.locator("*")
    before = 0
    for failures in (FEW_FAILURES, MANY_FAILURES):
        broken = [
            sheets.line("", f"Album {number}", "1999", "", "", "") for number in range(failures)
        ]
        demo.sheet(*sheets.rows(47), *broken)
        sync(server, catalog)
        assert catalog.status()["operation"]["failed"] == failures
        expect(catalog.cards).to_have_count(47)
        expect(elements).to_have_count(before or elements.count())
        before = elements.count()


@pytest.fixture
def large(serve: Serve) -> Server:
    """A product with 10,000 albums."""
    Album.objects.bulk_create([album(number) for number in range(MANY_ALBUMS)])
    return serve()[0]


def test_a_page_of_10_000_albums_holds_60_of_them(large: Server, visit: Visit) -> None:
    catalog = visit(large)
    expect(catalog.page.locator("[data-total]")).to_have_text(str(MANY_ALBUMS))
    expect(catalog.cards).to_have_count(A_PAGE)


def test_the_albums_follow_what_is_typed(large: Server, visit: Visit) -> None:
    catalog = visit(large, path="/?sort=title&page=3")
    page = catalog.page
    catalog.record()
    field = page.get_by_role("searchbox", name="Search")
    field.press_sequentially("blue note 1234")
    expect(catalog.cards).to_have_count(1)
    expect(page.locator("[data-total]")).to_have_text("1")
    expect(page.locator("sync-announcer")).to_have_text("1 album found.")
    expect(field).to_be_focused()
    assert catalog.seen("headline"), "it was loaded anew"

    page.wait_for_url("**/?q=blue+note+1234&sort=title")
    shown = catalog.shown()
    page.reload()
    catalog.wait_live()
    assert catalog.shown() == shown

    field.fill("no such album")
    expect(page.get_by_role("heading", name="No album matches.")).to_be_visible()
    expect(page.locator("sync-announcer")).to_have_text("No album matches.")
    field.fill("")
    expect(page.locator("[data-total]")).to_have_text(str(MANY_ALBUMS))
    page.wait_for_url(re.compile(r"/\?sort=title$"))


def test_numbers_of_the_whole_catalog_stand_beside_no_choice_while_somebody_searches(
    large: Server, visit: Visit
) -> None:
    page = visit(large).page
    genres = page.locator("#genre option[data-count]")
    before = genres.all_text_contents()
    assert before
    assert all(re.fullmatch(r".+ \(\d+\)", genre) for genre in before)
    field = page.get_by_role("searchbox", name="Search")
    field.press_sequentially("blue")
    bare = [genre.rpartition(" (")[0] for genre in before]
    assert genres.all_text_contents() == bare
    field.fill("")
    assert genres.all_text_contents() == before


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", ["/", "/?q=nothing+like+this"])
def test_what_stands_below_few_albums_begins_right_below_the_window(
    server: Server, visit: Visit, path: str, width: int
) -> None:
    """In sight it would move when albums come; far below it would not be found."""
    page = visit(server, path=path, viewport={"width": width, "height": 1200}).page
    below = page.locator(".moment").bounding_box()
    assert below is not None
    assert 1200 <= below["y"] <= 1200 + NEAR_PX


def test_whoever_types_asks_for_the_albums_only_and_one_answer_at_a_time(
    large: Server, visit: Visit
) -> None:
    catalog = visit(large)
    held: list[Route] = []
    catalog.page.route("**/?q=*", lambda route: held.append(route))
    field = catalog.page.get_by_role("searchbox", name="Search")
    field.press_sequentially("nothing like this")
    field.press("Backspace")
    wait(catalog.page, lambda: len(held) == 1)
    assert held[0].request.url.endswith("/?q=n")
    held[0].continue_()
    wait(catalog.page, lambda: len(held) == 2)
    assert held[1].request.url.endswith("/?q=nothing+like+thi"), "the newest, and none between"
    answer = held[1].fetch()
    assert answer.text().lstrip().startswith("<album-grid") and "sync-panel" not in answer.text()
    held[1].fulfill(response=answer)
    expect(catalog.page.get_by_role("heading", name="No album matches.")).to_be_visible()


def test_what_a_sync_changes_while_the_answer_is_on_its_way_is_shown(
    server: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47, label="Before"))
    catalog = visit(server, path="/?view=list")
    assert catalog.sync() == "completed"
    before: list[Route] = []
    catalog.page.route("**/?q=*", lambda route: before.append(route))
    title = sheets.title(sheets.rows(1)[0])
    catalog.page.get_by_role("searchbox", name="Search").fill(title)
    wait(catalog.page, lambda: bool(before))
    old = before[0].fetch()

    demo.sheet(*sheets.rows(1, label="Behind"), *sheets.rows(46, first=1, label="Before"))
    sync(server, catalog)
    before[0].fulfill(response=old)
    row = catalog.cards.filter(has_text=title).first
    expect(row.locator("[data-field=label]")).to_have_text("Behind")


def test_the_number_of_albums_is_right_after_a_sync_that_adds_to_other_pages(
    server: Server, visit: Visit, demo: Demo
) -> None:
    catalog = visit(server)
    total = catalog.page.locator("[data-total]")
    for albums in (A_PAGE + 10, A_PAGE + 30):
        demo.sheet(*sheets.rows(albums))
        sync(server, catalog)
        expect(total).to_have_text(str(albums))
        catalog.page.wait_for_timeout(GATHERED_MS)
        assert total.text_content() == str(albums)
        expect(catalog.cards).to_have_count(A_PAGE)


def test_a_search_that_fails_is_not_told_and_is_made_good(
    large: Server, visit: Visit, watch: Watch
) -> None:
    watch.allow("503")
    catalog = visit(large)
    page, announcer = catalog.page, catalog.page.locator("sync-announcer")
    page.route("**/?q=*", lambda route: route.fulfill(status=503))
    page.get_by_role("searchbox", name="Search").fill("blue note 1234")
    page.wait_for_url("**/?q=blue+note+1234")
    page.wait_for_timeout(GATHERED_MS)
    expect(announcer).to_be_empty()
    page.unroute("**/?q=*")
    expect(catalog.cards).to_have_count(1)


def test_a_search_by_whom_was_signed_out_shows_no_other_page(large: Server, visit: Visit) -> None:
    catalog = visit(large)
    page = catalog.page
    page.context.clear_cookies()
    with page.expect_response("**/login/**"):
        page.get_by_role("searchbox", name="Search").fill("blue note 1234")
    page.wait_for_url("**/?q=blue+note+1234")
    page.wait_for_timeout(GATHERED_MS)
    expect(page.locator("sync-announcer")).to_be_empty()
    expect(catalog.cards).to_have_count(A_PAGE)


def test_who_has_scrolled_stays_there_when_the_page_is_read_again(
    server: Server, visit: Visit, demo: Demo
) -> None:
    """Whether its rows are as they were, or have changed."""
    demo.sheet(*sheets.rows(47))
    catalog = visit(server, path="/?view=list")
    assert catalog.sync() == "completed"
    page = catalog.page
    grid = page.locator("album-grid")
    expect(grid).to_have_attribute("data-position", str(catalog.status()["position"]))
    for label in ("", "Another label"):
        page.evaluate("(top) => window.scrollTo(0, top)", SCROLLED_PX)
        assert page.evaluate("window.scrollY") == SCROLLED_PX
        demo.sheet(*sheets.rows(47, label=label))
        sync(server, catalog)
        expect(grid).to_have_attribute("data-position", str(catalog.status()["position"]))
        assert page.evaluate("window.scrollY") == SCROLLED_PX


def test_all_that_a_search_finds_is_shown_and_not_only_the_first(
    large: Server, visit: Visit
) -> None:
    catalog = visit(large)
    page, last = catalog.page, catalog.cards.nth(A_PAGE - 1).get_by_role("link").first
    page.evaluate(NOTE_WHAT_IS_HELD_BACK)
    page.get_by_role("searchbox", name="Search").press_sequentially("blue note 1")
    expect(page.locator("sync-announcer")).to_contain_text("albums found.")
    expect(last).to_be_visible()
    expect(page.locator("album-grid[data-fresh]")).to_have_count(0)
    assert page.evaluate("window.heldBack"), "all cards were painted at once"


def test_whoever_has_more_cards_in_sight_sees_them_at_once(large: Server, visit: Visit) -> None:
    catalog = visit(large, viewport={"width": 1280, "height": 4000})
    page = catalog.page
    page.evaluate(NOTE_WHAT_IS_HELD_BACK)
    page.get_by_role("searchbox", name="Search").fill("blue note 1")
    expect(page.locator("sync-announcer")).to_contain_text("albums found.")
    assert not page.evaluate("window.heldBack")


def test_whoever_is_at_a_link_of_the_page_stays_there_when_it_is_read_anew(
    large: Server, visit: Visit, demo: Demo
) -> None:
    page = visit(large).page
    link = page.get_by_role("link", name="Next")
    link.focus()
    link.evaluate("(node) => { node.dataset.old = ''; }")
    demo.behave(sheet="hidden")
    large.post("/syncs/", f"sessionid={session_of('admin')}")
    expect(page.locator("a[rel=next]:not([data-old])")).to_be_focused(timeout=LIMIT_S * 1000)


def test_albums_glide_to_make_room_when_the_page_is_read_anew(
    server: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(8))
    catalog = visit(server)
    assert catalog.sync() == "completed"
    position = str(catalog.status()["position"])
    expect(catalog.page.locator("album-grid")).to_have_attribute("data-position", position)
    catalog.page.evaluate(NOTE_GLIDES)
    album(1, artist="Aardvark").save()  # which no event tells of
    demo.behave(sheet="hidden")
    server.post("/syncs/", f"sessionid={session_of('admin')}")
    expect(catalog.cards).to_have_count(9, timeout=LIMIT_S * 1000)
    assert catalog.page.evaluate("glided.size") == 8
