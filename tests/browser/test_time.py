"""An album's biography, the catalog as it was and two syncs compared, as an auditor sees them."""

import pytest
from playwright.sync_api import Page, expect

from albums.models import Album
from syncengine.models import SyncOperation
from tests.browser import sheets
from tests.browser.conftest import Visit
from tests.browser.serving import Server
from tests.browser.test_accessibility import ENDS_PX, check
from tests.browser.watch import Watch
from tests.demo import Demo
from tests.lives import failed, sync

pytestmark = pytest.mark.once

CHANGED, FAILING, GONE = 0, 3, 4  # places in the sheet


@pytest.fixture
def told(product: Server, visit: Visit, demo: Demo) -> list[str]:
    """Four syncs made through the demo; returns their ids. One album changes in the second, one
    fails in the second and third and is healed in the last, one leaves in the third, and two come
    in the last. One row fails in the first only, another one from the second on."""
    if not SyncOperation.objects.exists():
        catalog = visit(product)
        rows = sheets.rows(8)
        demo.sheet(*rows[:6], *sheets.failing_rows(["row-incomplete"]))
        catalog.sync()
        missing = {"error": {"status": 404, "message": "Resource not found"}}
        demo.answer(f"/v1/albums/{sheets.spotify_id(FAILING)}", missing, 404)
        rows[CHANGED] = rows[CHANGED].replace("Jazz", "Blues")
        still = sheets.failing_rows(["row-link-unsupported"])
        for label in ("Impulse", "Verve"):
            rows[FAILING] = sheets.rows(1, first=FAILING, label=label)[0]
            kept = [row for place, row in enumerate(rows[:6]) if place != GONE or label != "Verve"]
            demo.sheet(*kept, *still)
            catalog.sync()
        demo.reset()
        del rows[GONE]
        demo.sheet(*rows, *still)
        catalog.sync()
        catalog.context.close()
    syncs = SyncOperation.objects.order_by("first_position")
    return [str(sync.pk) for sync in syncs]


def path_of(place: int) -> str:
    return f"/albums/{Album.objects.get(spotify_id=sheets.spotify_id(place)).pk}/"


def headings(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(".chapters h3").all_text_contents()]


def test_an_album_s_history_tells_what_changed_and_what_healed_it(
    told: list[str], product: Server, visit: Visit
) -> None:
    page = visit(product, "auditor", path_of(FAILING), live=False).page
    updated, failed, added = headings(page)
    assert updated.startswith("Updated ") and added.startswith("Added ")
    assert failed.startswith("Failed in 2 syncs in a row, on ")
    expect(page.locator("ins").first).to_contain_text("Verve")
    check(page, "an album's history", ENDS_PX)
    page.get_by_text("How it was found").first.click()
    check(page, "an album's history, opened", ENDS_PX)
    # Each event leads to its place in its sync, and so does what healed it.
    page.locator(".healed a").click()
    assert f"/syncs/{told[3]}/" in page.url
    expect(page.locator(":target")).to_contain_text("Verve")
    page.go_back()
    page.locator(".failures-of-run a").last.click()
    assert f"/syncs/{told[1]}/" in page.url
    expect(page.locator(":target")).to_be_visible()


def test_a_viewer_sees_no_history(told: list[str], product: Server, visit: Visit) -> None:
    page = visit(product, "viewer", path_of(FAILING), live=False).page
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".life")).to_have_count(0)
    expect(page.get_by_text("Auditors and admins also see its history here.")).to_be_visible()


def test_an_archived_album_keeps_its_history(
    told: list[str], product: Server, visit: Visit
) -> None:
    page = visit(product, "auditor", path_of(GONE), live=False).page
    archived, added = headings(page)
    assert archived.startswith("Archived: its row left the sheet") and added.startswith("Added ")


def test_the_catalog_as_it_was_and_what_differs_today(
    told: list[str], product: Server, visit: Visit
) -> None:
    page = visit(product, "auditor", f"/syncs/{told[0]}/", live=False).page
    page.get_by_role("link", name="The catalog after it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("had ended")
    expect(page.locator(".card")).to_have_count(6)
    check(page, "the past")
    tabs = page.get_by_role("navigation", name="Then and today")
    expect(tabs).to_have_text("As it was 6Added since 2Archived since 1Changed since 2")
    for name, count in (("Added", 2), ("Archived", 1)):
        tabs.get_by_role("link", name=f"{name} since").click()
        expect(page.locator(".card")).to_have_count(count)
    tabs.get_by_role("link", name="Changed since").click()
    expect(page.locator(".changed-albums > li")).to_have_count(2)
    expect(page.locator(".changed-albums")).to_contain_text("Jazz")
    check(page, "changed since then", ENDS_PX)
    # The filters stay in the past, and the way back keeps them.
    page.get_by_label("Genre").select_option("Jazz")
    expect(page.get_by_role("heading", level=1)).to_contain_text("had ended")
    page.get_by_role("link", name="Back to today").click()
    expect(page.locator("sync-panel")).to_be_visible()
    assert "genre=Jazz" in page.url and "as-of" not in page.url


def test_a_day_is_chosen_from_today_s_catalog(
    told: list[str], product: Server, visit: Visit, watch: Watch
) -> None:
    watch.allow(r"status of (400|404)")
    page = visit(product, "auditor").page
    page.get_by_label("The catalog at the end of a day").fill("2020-01-01")
    page.get_by_role("button", name="Look back").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("There was no catalog yet")
    check(page, "before the log", ENDS_PX)
    page.goto("/?as-of=nonsense")
    expect(page.get_by_role("heading", level=1)).to_contain_text("is no moment of the past")
    check(page, "no moment", ENDS_PX)


def test_two_syncs_are_compared(told: list[str], product: Server, visit: Visit) -> None:
    page = visit(product, "auditor", f"/syncs/{told[1]}/", live=False).page
    page.get_by_role("link", name="Compare with the one before").click()
    tally = [" ".join(text.split()) for text in page.locator(".tally li").all_text_contents()]
    assert tally == [
        "2 Newly failing",
        "0 Still failing",
        "0 Healed",
        "1 Not tried again",
        "1 Changed",
        "0 Added",
        "0 Archived",
    ]
    check(page, "two syncs")
    page.goto(f"/syncs/compare/?a={told[1]}&b={told[3]}")
    tally = [" ".join(text.split()) for text in page.locator(".tally li").all_text_contents()]
    assert tally[1:4] == ["1 Still failing", "1 Healed", "0 Not tried again"]
    check(page, "three syncs apart", ENDS_PX)
    page.get_by_role("link", name="Still failing").click()
    expect(page.locator("#still-failing")).to_be_in_viewport()
    page.goto(f"/syncs/compare/?a={told[1]}&b={told[3]}&only=healed")
    expect(page.locator("section")).to_have_count(1)
    check(page, "one part", ENDS_PX)


def test_everything_works_without_scripts(told: list[str], product: Server, visit: Visit) -> None:
    page = visit(
        product, "auditor", f"/?as-of={told[0]}", live=False, java_script_enabled=False
    ).page
    expect(page.locator(".card")).to_have_count(6)
    page.get_by_label("Genre").select_option("Jazz")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("had ended")
    expect(page.locator(".card")).to_have_count(6)
    page.goto(path_of(FAILING))
    expect(page.locator(".chapter")).to_have_count(3)


def test_an_album_that_fails_says_since_when(
    told: list[str], product: Server, visit: Visit
) -> None:
    album = path_of(CHANGED).split("/")[2]
    for day in range(3, 9):
        sync(f"2025-11-0{day} 12:00", failed(album, message="Spotify has no such album."))
    page = visit(product, "auditor", path_of(CHANGED), live=False).page
    expect(page.locator(".failing")).to_contain_text("Failing for 6 syncs, since 3 November 2025.")
    expect(page.locator(".failures-of-run > li").filter(visible=True)).to_have_count(3)
    page.get_by_text("3 before").click()
    expect(page.locator(".failures-of-run > li").filter(visible=True)).to_have_count(6)
    check(page, "a failing album")
