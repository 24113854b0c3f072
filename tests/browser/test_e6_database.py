"""E6: the database fails in the middle of one album."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from playwright.sync_api import expect

from albums.models import Album
from syncengine.models import SyncEvent
from tests.browser import sheets
from tests.browser.conftest import Visit
from tests.browser.serving import Server
from tests.demo import Demo

CREATE = {
    "sqlite": [
        "CREATE TRIGGER disk_full BEFORE UPDATE ON albums_album WHEN NEW.title = '{title}'"
        " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$",
        "CREATE TRIGGER disk_full BEFORE UPDATE ON albums_album FOR EACH ROW"
        " WHEN (NEW.title = '{title}') EXECUTE FUNCTION disk_full()",
    ],
}
DROP = {
    "sqlite": ["DROP TRIGGER disk_full"],
    "postgresql": ["DROP TRIGGER disk_full ON albums_album", "DROP FUNCTION disk_full"],
}


@contextmanager
def refusing(title: str) -> Iterator[None]:
    """The database refuses to change the album of this title."""
    with connection.cursor() as cursor:
        for sql in CREATE[connection.vendor]:
            cursor.execute(sql.format(title=title.replace("'", "''")))
    yield
    with connection.cursor() as cursor:
        for sql in DROP[connection.vendor]:
            cursor.execute(sql)


def test_e6_a_database_failure_leaves_that_album_unchanged_and_the_sync_goes_on(
    product: Server, visit: Visit, demo: Demo
) -> None:
    rows = sheets.rows(47, label="E6")
    demo.sheet(*rows)
    catalog = visit(product)
    assert catalog.sync() == "completed"
    title = sheets.title(rows[20])
    [before] = Album.objects.filter(title=title, archived=False).values()

    demo.sheet(*sheets.rows(47, label="E6 again"))
    with refusing(title):
        assert catalog.sync() == "warnings"
    expect(catalog.result).to_have_text(
        "Sync completed with warnings: 46/47 albums updated successfully. 1 failed."
    )
    catalog.page.locator("failure-list summary").click()
    item = catalog.page.locator("failure-list li")
    expect(item).to_contain_text(title)
    expect(item).to_contain_text("The database refused this album")
    expect(item).to_contain_text("It was not changed.")
    expect(item).to_contain_text("Sync again.")

    assert Album.objects.filter(pk=before["id"]).values().get() == before
    assert Album.objects.filter(label="E6 again", archived=False).count() == 46
    operation = catalog.status()["operation"]
    events = SyncEvent.objects.filter(operation=operation["id"], album=before["id"])
    assert [(event.kind, event.code) for event in events] == [("album-failed", "database")]

    assert catalog.sync() == "completed"
    assert Album.objects.get(pk=before["id"]).label == "E6 again"
