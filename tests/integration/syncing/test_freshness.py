"""Which albums a sync fetches anew: full, refresh and retry."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from albums.models import Album
from syncengine import history, log
from tests.demo import Demo
from tests.sheets import BLUE, BLUE_ID, DUMMY, LINKED, REVOLVER, UNKNOWN
from tests.syncing import current_operation, events, outcomes

Sync = Callable[..., dict[str, Any]]


def album_calls(demo: Demo) -> int:
    return sum(demo.calls()["by_endpoint"].get("GET /v1/albums/{id}", {}).values())


def test_a_full_sync_asks_nothing_about_fresh_albums(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync()
    demo.reset_calls()
    sync()
    assert demo.calls()["by_endpoint"].keys() == {
        "GET /spreadsheets/d/{id}/export",
        "GET /export-file/{link}",
    }


def test_a_full_sync_fetches_what_is_older_than_the_limit(
    sync: Sync, demo: Demo, settings: LazySettings
) -> None:
    demo.sheet(*LINKED)
    sync()
    settings.SPOTIFY_MAX_AGE = 0
    operation = sync()
    assert set(outcomes().values()) == {"unchanged"}
    assert len(outcomes()) == operation["total"] == 5


def test_a_refresh_fetches_every_album_however_fresh(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync()
    demo.reset_calls()
    assert sync(mode="refresh")["unchanged"] == 5
    assert album_calls(demo) == 5


def test_a_search_is_made_once_and_its_result_kept(sync: Sync, demo: Demo) -> None:
    demo.sheet(REVOLVER)
    sync()
    found = Album.objects.get()
    demo.reset_calls()
    sync(mode="refresh")
    assert "GET /v1/search" not in demo.calls()["by_endpoint"]
    again = Album.objects.get()
    assert (again.spotify_id, again.match_query) == (found.spotify_id, found.match_query)


def test_a_changed_row_is_fetched_however_fresh_its_album_is(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync()
    demo.sheet(BLUE.replace("Folk", "Pop"), *LINKED[1:])
    operation = sync()
    assert outcomes() == {"Blue": "updated"}
    assert operation["unchanged"] == 4


def test_new_rows_come_before_stale_ones(
    sync: Sync, demo: Demo, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncengine.tasks.ALBUMS_AT_ONCE", 1)  # so that results are in order
    demo.sheet(*LINKED[:3])
    sync()
    demo.sheet(*LINKED[:3], REVOLVER)
    settings.SPOTIFY_MAX_AGE = 0
    sync()
    assert list(outcomes()) == ["Revolver", "Blue", "Dummy", "Rumours"]


def test_a_retry_is_about_the_rows_that_failed_and_no_others(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE, DUMMY, UNKNOWN)
    demo.behave(failing_albums=[BLUE_ID])
    first = sync()
    demo.behave(failing_albums=[])
    demo.reset_calls()
    keys = history.failed_keys(first["id"])
    operation = sync(trigger="retry", mode="retry", keys=keys)
    assert (operation["total"], operation["synced"], operation["failed"]) == (2, 1, 1)
    assert outcomes() == {"Blue": "added"}
    assert album_calls(demo) == 1


def test_a_retry_takes_a_row_as_it_was_corrected_meanwhile(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE, "The Beatles,No Such Album,1966,Rock,,", DUMMY)
    first = sync()
    demo.sheet(BLUE, REVOLVER, DUMMY)
    operation = sync(trigger="retry", mode="retry", keys=history.failed_keys(first["id"]))
    assert outcomes() == {"Revolver": "added"}
    assert (operation["total"], operation["failed"]) == (1, 0)


def test_a_retry_archives_nothing_and_is_not_the_last_sync(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED, UNKNOWN)
    first = sync()
    synced_at = log.current_status()["last_synced_at"]
    demo.sheet(*LINKED[1:], UNKNOWN)
    operation = sync(trigger="retry", mode="retry", keys=history.failed_keys(first["id"]))
    assert (operation["state"], operation["removed"]) == ("completed", 0)
    assert log.current_status()["last_synced_at"] == synced_at
    assert Album.objects.filter(archived=True).count() == 0


def test_an_album_fetched_yesterday_is_stale(
    sync: Sync, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.sheet(*LINKED)
    yesterday = timezone.now() - timedelta(hours=25)
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: yesterday)
        sync()
    sync()
    assert len(events("album-synced")) == current_operation()["total"] == 5
