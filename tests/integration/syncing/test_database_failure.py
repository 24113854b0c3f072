"""The database refuses one album: nothing of it is stored, and the sync goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from albums.models import Album
from tests.demo import Demo
from tests.sheets import BLUE, DUMMY, LINKED, RUMOURS
from tests.syncing import events, in_catalog, outcomes

Sync = Callable[..., dict[str, Any]]


@contextmanager
def refusing(title: str, event: str) -> Iterator[None]:
    """A database that fails at each INSERT or UPDATE of one album."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'broken'; END $$"
            )
            cursor.execute(
                f"CREATE TRIGGER broken BEFORE {event} ON albums_album FOR EACH ROW"
                f" WHEN (NEW.title = '{title}') EXECUTE FUNCTION broken()"
            )
        else:
            cursor.execute(
                f"CREATE TRIGGER broken BEFORE {event} ON albums_album"
                f" WHEN NEW.title = '{title}' BEGIN SELECT RAISE(ABORT, 'broken'); END"
            )
    yield
    with connection.cursor() as cursor:
        table = " ON albums_album" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER broken{table}")


def test_a_new_album_that_cannot_be_stored_fails_alone(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE, DUMMY, RUMOURS)
    with refusing("Blue", "INSERT"):
        operation = sync()
    assert (operation["state"], operation["synced"], operation["failed"]) == ("completed", 2, 1)
    (event,) = events("album-failed")
    assert (event.data["title"], event.data["code"]) == ("Blue", "database")
    assert event.data["remedy"]
    assert "Blue" not in outcomes()
    assert in_catalog() == {"Dummy", "Rumours"}


def test_an_album_that_cannot_be_changed_stays_as_it_was(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE, DUMMY)
    sync()
    (before,) = Album.objects.filter(title="Blue").values()
    demo.sheet(BLUE.replace("Folk", "Pop"), DUMMY.replace("Trip-hop", "Pop"))
    with refusing("Blue", "UPDATE"):
        operation = sync()
    assert (operation["state"], operation["updated"], operation["failed"]) == ("completed", 1, 1)
    (after,) = Album.objects.filter(title="Blue").values()
    assert after == before
    assert outcomes() == {"Dummy": "updated"}


def test_the_next_sync_makes_up_for_it(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    with refusing("Blue", "INSERT"):
        sync()
    operation = sync()
    assert (operation["added"], operation["unchanged"]) == (1, 4)


def test_an_album_that_cannot_be_archived_ends_the_sync(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync()
    demo.sheet(*[row for row in LINKED if "Transa" not in row])
    with refusing("Transa", "UPDATE"):
        operation = sync()
    assert (operation["state"], operation["error"]["code"]) == ("failed", "internal")
    assert "Transa" in in_catalog()
