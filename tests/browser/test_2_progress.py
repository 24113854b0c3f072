"""2: what the panel says while a sync runs, and at its end."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import sheets
from tests.browser.conftest import Visit
from tests.browser.serving import Server
from tests.demo import Demo

pytestmark = pytest.mark.once

FETCHING = "Fetching albums from Google Sheets..."
ENRICHING = "Enriching with Spotify metadata..."
SYNCING = re.compile(r"^Syncing album (\d+) of 47\.\.\.$")


def test_2_1_it_says_that_it_fetches_albums_from_google_sheets(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47))
    demo.behave(speed=1, latency_ms=0)  # Google takes its usual time, Spotify none
    catalog = visit(product)
    catalog.record()
    catalog.start()
    expect(catalog.headline).to_have_text(FETCHING)
    expect(catalog.page.locator("[data-step=sheet]")).to_have_attribute("aria-current", "step")
    assert catalog.wait_for_end() == "completed"
    assert FETCHING in catalog.seen("headline")


def test_2_2_it_says_which_album_of_how_many_it_syncs(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47, label="2.2"))
    catalog = visit(product)
    assert catalog.sync() == "completed"
    # Fourteen are fresh and done at once, so that the fifteenth takes as long as Spotify does.
    demo.sheet(*sheets.rows(14, label="2.2"), *sheets.rows(33, first=14, label="2.2 again"))
    demo.behave(latency_ms=800)
    catalog.record()
    assert catalog.sync() == "completed"

    headlines = catalog.seen("headline")
    assert "Syncing album 15 of 47..." in headlines
    assert "14/47 albums synced" in catalog.seen("figures")
    numbers = [int(match[1]) for match in map(SYNCING.match, headlines) if match]
    assert numbers == sorted(numbers)
    others = [text for text in headlines if not SYNCING.match(text)]
    assert set(others) <= {"", "Starting the sync...", FETCHING, ENRICHING}


def test_2_3_it_says_that_it_enriches_with_spotify_metadata(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47, label="2.3"))
    demo.behave(latency_ms=800)
    catalog = visit(product)
    catalog.record()
    catalog.start()
    expect(catalog.headline).to_have_text(ENRICHING)
    expect(catalog.page.locator("[data-step=spotify]")).to_have_attribute("aria-current", "step")
    assert catalog.wait_for_end() == "completed"
    headlines = catalog.seen("headline")
    assert headlines.index(ENRICHING) < next(
        index for index, text in enumerate(headlines) if SYNCING.match(text)
    )


def test_2_4_it_says_that_the_sync_is_complete_how_many_albums_and_when(
    product: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47, label="2.4"))
    catalog = visit(product)
    assert catalog.sync() == "completed"
    expect(catalog.result).to_have_text("Sync complete! Updated 47 albums")
    expect(catalog.result).to_be_visible()
    time = catalog.part("resultTime").locator("time")
    expect(time).to_be_visible()
    expect(time).to_have_text(re.compile(r"^\d\d:\d\d$"))
    operation = catalog.status()["operation"]
    assert time.get_attribute("datetime") == operation["finished_at"]
    expect(catalog.part("lastTime")).to_have_text("just now")
    expect(catalog.part("figures")).to_have_text(re.compile(r"^\d+ added, \d+ updated, \d+ unch"))
    assert operation["added"] + operation["updated"] + operation["unchanged"] == 47
