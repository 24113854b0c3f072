"""Rows that leave the sheet, rows that return, and the guard against a broken sheet."""

from collections.abc import Callable
from typing import Any

from albums.models import Album, AlbumVersion
from syncengine import history, operations
from tests.demo import Demo
from tests.sheets import BLUE, DUMMY, HOMOGENIC, LINKED, REVOLVER
from tests.syncing import ends, events, everything_stored, in_catalog

Sync = Callable[..., dict[str, Any]]
SIX = [HOMOGENIC, *LINKED]


def test_a_row_that_leaves_archives_its_album_and_deletes_nothing(sync: Sync, demo: Demo) -> None:
    demo.sheet(*SIX)
    sync()
    demo.sheet(*SIX[1:])
    operation = sync()
    assert operation["removed"] == 1
    (event,) = events("album-removed")
    album = Album.objects.get(title="Homogenic")
    assert event.data["album"] == str(album.pk)
    assert (album.archived, album.position) == (True, event.position)
    assert list(AlbumVersion.objects.filter(album=album).values_list("archived", flat=True)) == [
        False,
        True,
    ]
    assert "Homogenic" not in in_catalog()


def test_a_row_that_returns_revives_the_same_album(sync: Sync, demo: Demo) -> None:
    demo.sheet(*SIX)
    sync()
    album = Album.objects.get(title="Homogenic")
    demo.sheet(*SIX[1:])
    sync()
    demo.sheet(*SIX)
    operation = sync()
    assert (operation["added"], operation["updated"]) == (0, 1)
    (event,) = events("album-synced")
    assert event.data["album"] == str(album.pk)
    assert event.data["changes"]["archived"] == [True, False]
    assert Album.objects.get(title="Homogenic").added_at == album.added_at
    assert "Homogenic" in in_catalog()


def test_an_archived_album_is_archived_once(sync: Sync, demo: Demo) -> None:
    demo.sheet(*SIX)
    sync()
    demo.sheet(*SIX[1:])
    sync()
    assert sync()["removed"] == 0


def test_a_sheet_that_lost_a_fifth_is_taken(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync()
    demo.sheet(*LINKED[1:])
    assert sync()["removed"] == 1


def test_a_sheet_that_lost_more_than_a_fifth_changes_nothing_and_says_what_it_saw(
    sync: Sync, demo: Demo
) -> None:
    demo.sheet(*SIX)
    sync()
    before = everything_stored()
    demo.sheet(BLUE, DUMMY, REVOLVER)
    operation = sync()
    assert (operation["state"], operation["error"]["code"]) == ("failed", "sheet-shrunk")
    details = operation["error"]["details"]
    assert (details["rows"], details["catalog"], details["archived"]) == (3, 6, 4)
    assert "Fleetwood Mac – Rumours" in details["albums"]
    assert "confirm" in operation["error"]["remedy"]
    assert everything_stored() == before
    assert demo.calls()["by_endpoint"].get("GET /v1/search", {}).get("200") == 1  # of the first


def test_a_confirmed_sheet_is_taken(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync()
    demo.sheet(BLUE, DUMMY)
    seen = sync()["error"]["details"]["sheet"]
    operation = sync(trigger="confirm", confirm=seen)
    assert (operation["state"], operation["removed"]) == ("completed", 3)
    assert in_catalog() == {"Blue", "Dummy"}


def test_a_confirmation_is_for_exactly_the_sheet_that_was_seen(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync()
    demo.sheet(BLUE, DUMMY)
    seen = sync()["error"]["details"]["sheet"]
    demo.sheet(BLUE)
    operation = sync(trigger="confirm", confirm=seen)
    assert (operation["error"]["code"], operation["removed"]) == ("sheet-shrunk", 0)
    assert operation["error"]["details"]["sheet"] != seen
    assert len(in_catalog()) == 5
    assert ends() == ["failed"]


def test_a_confirmation_is_for_exactly_the_catalog_that_was_seen(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED[:3])
    sync()
    demo.sheet(BLUE)
    seen = sync()["error"]["details"]["sheet"]
    demo.sheet(*SIX)
    sync()
    demo.sheet(BLUE)
    # The same sheet would archive five by now, and nobody has seen those.
    operation = sync(trigger="confirm", confirm=seen)
    assert (operation["error"]["code"], operation["removed"]) == ("sheet-shrunk", 0)
    assert operation["error"]["details"]["archived"] == 5
    assert sync(trigger="confirm", confirm=seen)["removed"] == 5
    assert in_catalog() == {"Blue"}


def test_every_album_that_would_go_is_named_until_the_next_sync(sync: Sync, demo: Demo) -> None:
    demo.sheet(*SIX)
    sync()
    demo.sheet(BLUE)
    sync()
    gone = set(history.would_archive().values_list("title", flat=True))
    assert gone == in_catalog() - {"Blue"}
    operations.start("ann", "button")
    assert not history.would_archive().exists()


def test_a_row_that_only_fails_does_not_leave(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync()
    demo.behave(failing_albums=[Album.objects.get(title="Blue").spotify_id])
    operation = sync(mode="refresh")
    assert (operation["failed"], operation["removed"]) == (1, 0)
    assert "Blue" in in_catalog()
