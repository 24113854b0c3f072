"""One sync from the sheet to the catalog."""

from collections.abc import Callable
from typing import Any

from albums.models import Album
from tests.demo import Demo

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
