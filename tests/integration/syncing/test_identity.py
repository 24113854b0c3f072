"""Which row is which album: what a corrected, moved or doubled row does."""

from collections.abc import Callable
from typing import Any

import pytest

from albums.models import Album, AlbumVersion
from tests.demo import Demo
from tests.sheets import (
    BLUE,
    BLUE_ID,
    DARK_SIDE,
    DUMMY,
    HOMOGENIC,
    LINKED,
    REVOLVER,
    RUMOURS,
    WEEZER_BLUE,
    WEEZER_GREEN,
)
from tests.syncing import events, everything_stored, in_catalog, outcomes

Sync = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(BLUE, BLUE.replace("Blue,1971", "Bleu,1970"), id="the id stays, a name not"),
        pytest.param(
            REVOLVER, REVOLVER.replace("1966", "1965"), id="the year changes, the names do not"
        ),
        pytest.param(
            HOMOGENIC.replace("Björk", "Bjork"), HOMOGENIC, id="an accent is added to the artist"
        ),
        pytest.param(DARK_SIDE.replace("Side", "Syde"), DARK_SIDE, id="a title is spelt right"),
    ],
)
def test_a_corrected_row_is_an_update_of_the_same_album(
    sync: Sync, demo: Demo, before: str, after: str
) -> None:
    demo.sheet(before, *LINKED[1:])
    sync()
    album = Album.objects.get(row=2)
    demo.sheet(after, *LINKED[1:])
    operation = sync()
    assert (operation["updated"], operation["added"], operation["removed"]) == (1, 0, 0)
    (event,) = events("album-synced")
    assert event.data["album"] == str(album.pk)
    assert Album.objects.count() == 5


def test_an_id_that_is_added_keeps_the_album_that_a_search_had_found(
    sync: Sync, demo: Demo
) -> None:
    demo.sheet(REVOLVER, *LINKED)
    sync()
    album = Album.objects.get(title="Revolver")
    demo.sheet(f"Beetles,Revolver (1966),1966,Rock,Parlophone,{album.spotify_id}", *LINKED)
    sync()
    (event,) = events("album-synced")
    assert event.data["album"] == str(album.pk)
    assert event.data["changes"]["artist"] == ["The Beatles", "Beetles"]


def test_twins_are_told_apart_by_their_year(sync: Sync, demo: Demo) -> None:
    demo.sheet(WEEZER_BLUE, WEEZER_GREEN)
    operation = sync()
    assert operation["added"] == 2
    released = dict(Album.objects.values_list("year", "release_date"))
    assert {year: date[:4] for year, date in released.items()} == {1994: "1994", 2001: "2001"}
    assert len(set(Album.objects.values_list("spotify_id", flat=True))) == 2


def test_twins_stay_who_they_are_when_they_change_places(sync: Sync, demo: Demo) -> None:
    demo.sheet(WEEZER_BLUE, WEEZER_GREEN)
    sync()
    before = dict(Album.objects.values_list("pk", "year"))
    demo.sheet(WEEZER_GREEN, WEEZER_BLUE)
    assert sync(mode="refresh")["unchanged"] == 2
    assert dict(Album.objects.values_list("pk", "year")) == before


def test_a_row_that_stands_twice_is_two_albums_and_stays_two(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE, DUMMY, BLUE)
    assert sync()["added"] == 3
    keys = Album.objects.filter(title="Blue").values_list("key", flat=True)
    assert sorted(keys) == [f"spotify:{BLUE_ID}", f"spotify:{BLUE_ID}#2"]
    assert sync(mode="refresh")["unchanged"] == 3
    assert Album.objects.count() == 3


def test_a_row_that_moves_changes_no_album(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE, DUMMY, RUMOURS)
    sync()
    versions = AlbumVersion.objects.count()
    before = [{**row, "row": None} for row in everything_stored()]
    demo.sheet(RUMOURS, "", BLUE, DUMMY)
    operation = sync()
    assert (operation["unchanged"], operation["synced"]) == (3, 3)
    assert events("album-synced") == []
    assert [{**row, "row": None} for row in everything_stored()] == before
    assert AlbumVersion.objects.count() == versions
    assert dict(Album.objects.values_list("title", "row")) == {"Rumours": 2, "Blue": 4, "Dummy": 5}


def test_other_columns_in_another_order_change_no_album(sync: Sync, demo: Demo) -> None:
    demo.sheet("Björk,Homogenic,1997", header="Artist,Album,Year")
    sync()
    demo.sheet("mine,1997,Homogenic,Björk", header="Notes,Year,Album,Artist")
    assert sync()["unchanged"] == 1


def test_an_adopted_album_is_known_by_its_new_key_from_then_on(sync: Sync, demo: Demo) -> None:
    demo.sheet(DARK_SIDE.replace("Side", "Syde"), *LINKED)
    sync()
    demo.sheet(DARK_SIDE, *LINKED)
    sync()
    assert outcomes() == {"The Dark Side of the Moon": "updated"}
    assert sync()["unchanged"] == 6
    assert "The Dark Syde of the Moon" not in in_catalog()


def test_a_new_album_by_the_same_artist_elsewhere_takes_nobodys_place(
    sync: Sync, demo: Demo
) -> None:
    demo.sheet(*LINKED, WEEZER_BLUE)
    sync()
    demo.sheet(*LINKED, WEEZER_BLUE, WEEZER_GREEN)
    assert sync()["added"] == 1
    assert Album.objects.filter(artist="Weezer").count() == 2
