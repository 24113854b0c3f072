"""One sync from the sheet to the catalog."""

import hashlib
from collections.abc import Callable
from typing import Any

from albums.models import Album
from syncengine.models import StoredSheet
from tests.demo import Demo
from tests.sheets import BLUE, DUMMY, LINKED, REVOLVER, RUMOURS, UNKNOWN
from tests.syncing import events, in_catalog, outcomes

Sync = Callable[..., dict[str, Any]]


def test_a_first_sync_fills_the_catalog_and_names_what_failed(sync: Sync) -> None:
    operation = sync()
    assert operation["message"] == (
        "Sync completed with warnings: 48/50 albums updated successfully. 2 failed."
    )
    assert Album.objects.count() == 48


def test_a_second_sync_leaves_fresh_albums_alone(sync: Sync, demo: Demo) -> None:
    sync()
    assert sync()["unchanged"] == 48


def test_a_sync_without_failures_says_how_many_albums_it_updated(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    operation = sync()
    assert operation["message"] == "Sync complete! Updated 5 albums"
    assert (operation["added"], operation["failed"], operation["total"]) == (5, 0, 5)


def test_added_updated_and_unchanged_albums_are_told_apart(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE, DUMMY)
    sync()
    demo.sheet(BLUE, DUMMY.replace("Trip-hop", "Electronic"), RUMOURS)
    operation = sync(mode="refresh")
    assert outcomes() == {"Blue": "unchanged", "Dummy": "updated", "Rumours": "added"}
    counts = {name: operation[name] for name in ("added", "updated", "unchanged", "synced")}
    assert counts == {"added": 1, "updated": 1, "unchanged": 1, "synced": 3}


def test_what_the_sheet_says_wins_and_spotify_fills_in(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE.replace("Blue,1971,Folk", "blue (my copy),,"))
    sync()
    album = Album.objects.get()
    assert (album.title, album.spotify_title) == ("blue (my copy)", "Blue")
    assert (album.year, album.label) == (1971, "Reprise")
    assert album.total_tracks == len(album.tracks) > 0


def test_a_changed_genre_is_the_only_change_that_is_recorded(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE, DUMMY)
    sync()
    demo.sheet(BLUE, DUMMY.replace("Trip-hop", "Electronic; Downtempo"))
    sync()
    (event,) = events("album-synced")
    assert event.data["outcome"] == "updated"
    assert event.data["changes"].keys() == {"genres", "row_digest", "fetched_at"}
    assert event.data["changes"]["genres"] == [["Trip-hop"], ["Electronic", "Downtempo"]]


def test_every_album_is_numbered_and_every_number_occurs_once(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync()
    demo.sheet(*LINKED, REVOLVER, UNKNOWN)
    sync()
    albums = events("albums-unchanged", "album-synced", "album-failed")
    assert next(event.kind for event in albums) == "albums-unchanged"
    assert [event.data["n"] for event in albums] == [5, 6, 7]
    assert {event.data["total"] for event in albums} == {7}


def test_the_stages_come_in_order_and_carry_the_sheet_from_spotify_on(
    sync: Sync, demo: Demo
) -> None:
    demo.sheet(BLUE, DUMMY)
    sync()
    body = "\r\n".join(["Artist,Album,Year,Genre,Label,Spotify", DUMMY, RUMOURS, ""]).encode()
    demo.sheet_bytes(body)
    sha256 = hashlib.sha256(body).hexdigest()
    # Half of the catalog would leave, so the first one stops, and the second confirms its sheet.
    assert sync()["error"]["details"]["sheet"] == sha256
    sync(confirm=sha256)
    assert [event.kind for event in events()] == [
        "requested",
        "started",
        "stage-started",
        "stage-started",
        "stage-started",
        "albums-unchanged",
        "album-synced",
        "album-removed",
        "completed",
    ]
    assert [event.data for event in events("stage-started")] == [
        {"stage": "sheet", "total": None, "sheet": None},
        {"stage": "spotify", "total": 2, "sheet": sha256},
        {"stage": "albums", "total": 2, "sheet": sha256},
    ]


def test_the_stored_sheet_is_forgotten_at_the_end(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync()
    assert not StoredSheet.objects.exists()


def test_every_row_is_dealt_with_even_where_some_fail(sync: Sync, demo: Demo) -> None:
    no_artist = ",Only A Title,1999,Rock,,"
    playlist = "Some,Mix,,,,https://open.spotify.com/playlist/37i9dQZF1DX0XUsuxWHRQd"
    demo.sheet(BLUE, UNKNOWN, no_artist, playlist, DUMMY)
    operation = sync()
    assert in_catalog() == {"Blue", "Dummy"}
    failed = {event.data["row"]: event.data["code"] for event in events("album-failed")}
    assert failed == {3: "album-no-match", 4: "row-incomplete", 5: "row-link-unsupported"}
    assert (operation["synced"], operation["failed"], operation["total"]) == (2, 3, 5)


def test_a_failed_new_row_makes_no_album(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE, UNKNOWN)
    sync()
    assert Album.objects.count() == 1
    (event,) = events("album-failed")
    assert event.data["album"] is None


def test_a_failing_row_keeps_its_album_as_it_is(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE, REVOLVER)
    sync()
    (before,) = Album.objects.filter(title="Revolver").values()
    demo.sheet(BLUE, REVOLVER.replace("Revolver", "An Album That They Never Made"))
    operation = sync()
    (event,) = events("album-failed")
    assert event.data["album"] == str(before["id"])
    (after,) = Album.objects.filter(title="Revolver").values()
    assert after == before
    assert (operation["state"], operation["removed"]) == ("completed", 0)
