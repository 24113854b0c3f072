"""F24: the sheet is empty, or lacks most of its rows, or has other headers, or every row twice."""

from collections import Counter

import pytest

from albums.models import Album
from tests.browser import sheets
from tests.faults.upstreams import nothing_changes, outside_worker, refused, synced
from tests.faults.world import World
from tests.syncing import events, in_catalog

ALBUMS = 60
HEADER = "Artist,Album,Year,Genre,Label,Spotify"
ROWS = sheets.rows(ALBUMS)
UNLINKED = [row.rpartition(",")[0] + "," for row in ROWS]


@pytest.fixture
def full(world: World) -> World:
    world.demo.sheet(*ROWS)
    outside_worker(world)
    assert synced()["added"] == ALBUMS
    return world


def test_f24_a_sheet_that_lost_its_rows_changes_nothing_until_it_is_confirmed(full: World) -> None:
    full.demo.sheet()
    assert "holds no albums" in refused("sheet-empty")["message"]
    full.demo.sheet_bytes(b"")
    refused("sheet-empty")

    full.demo.sheet(*ROWS[: ALBUMS // 10])
    error = refused("sheet-shrunk", rows=ALBUMS // 10, catalog=ALBUMS, archived=ALBUMS * 9 // 10)
    assert f"would archive {ALBUMS * 9 // 10} of the {ALBUMS} albums" in error["message"]
    assert "confirm this sheet" in error["remedy"]
    full.demo.sheet(*ROWS[: ALBUMS - 13])  # more than a fifth, though fewer than twenty
    other = refused("sheet-shrunk", archived=13)

    # Confirmed is one sheet, not whatever comes after it.
    full.demo.sheet(*ROWS[: ALBUMS // 10])
    with nothing_changes():
        assert synced(trigger="confirm", confirm=other["details"]["sheet"])["state"] == "failed"
    operation = synced(trigger="confirm", confirm=error["details"]["sheet"])
    assert (operation["state"], operation["removed"]) == ("completed", ALBUMS * 9 // 10)
    assert len(in_catalog()) == ALBUMS // 10 and Album.objects.count() == ALBUMS


def test_f24_other_headers_change_nothing_that_a_reader_would_miss(full: World) -> None:
    # Without artist or title nothing is left that says which albums are meant.
    for header in ("Who,Album,Year,Genre,Label,More", "Artist,What,Year,Genre,Label,More"):
        full.demo.sheet(*ROWS, header=header)
        error = refused("sheet-no-header")
        assert header.replace(",", ", ") in error["message"]
    # The links alone say it, too. Where some rows have none, the albums of those would go.
    full.demo.sheet(*ROWS[:30], *UNLINKED[30:], header="Who,Album,Year,Genre,Label,Spotify")
    refused("sheet-shrunk", archived=ALBUMS - 30)
    full.demo.sheet(*ROWS, header="Who,What,When,Genre,Label,Spotify")
    operation = synced()
    assert (operation["state"], operation["removed"], operation["failed"]) == ("completed", 0, 0)
    assert len(in_catalog()) == ALBUMS


def test_f24_rows_that_stand_there_twice_take_nothing_away(full: World) -> None:
    before = dict(Album.objects.values_list("id", "title"))
    full.demo.sheet(*ROWS, *ROWS)
    operation = synced()
    assert (operation["state"], operation["removed"]) == ("completed", 0)
    assert (operation["added"], operation["unchanged"]) == (ALBUMS, ALBUMS)
    assert before.items() <= dict(Album.objects.values_list("id", "title")).items()
    assert Counter(event.kind for event in events())["album-removed"] == 0
    # To take the copies away again is a lot at once, so it is asked for.
    full.demo.sheet(*ROWS)
    refused("sheet-shrunk", archived=ALBUMS, catalog=2 * ALBUMS)
