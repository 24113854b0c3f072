"""Spotify's batch call: used by apps that have it, asked for once by all others."""

from collections.abc import Callable
from typing import Any

from albums.models import Album
from tests.demo import Demo
from tests.sheets import BLUE_ID, LINKED

Sync = Callable[..., dict[str, Any]]


def test_development_mode_spends_one_refused_call(sync: Sync, demo: Demo) -> None:
    sync()
    assert demo.calls()["by_endpoint"]["GET /v1/albums"] == {"403": 1}


def test_extended_mode_fetches_linked_albums_in_one_call(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    demo.behave(extended_mode=True)
    assert sync()["added"] == 5
    calls = demo.calls()["by_endpoint"]
    assert calls["GET /v1/albums"] == {"200": 1}
    assert "GET /v1/albums/{id}" not in calls


def test_a_batch_brings_the_same_albums_as_single_calls(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync()
    demo.behave(extended_mode=True)
    assert sync(mode="refresh")["unchanged"] == 5
    assert Album.objects.count() == 5


def test_one_album_that_fails_does_not_cost_its_batch(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    demo.behave(extended_mode=True, failing_albums=[BLUE_ID])
    operation = sync()
    assert (operation["added"], operation["failed"]) == (4, 1)


def test_a_refresh_of_many_albums_goes_by_twenties(sync: Sync, demo: Demo) -> None:
    sync()
    demo.behave(extended_mode=True)
    demo.reset_calls()
    assert sync(mode="refresh")["unchanged"] == 48
    batches = demo.calls()["by_endpoint"]["GET /v1/albums"]["200"]
    assert batches == 3
