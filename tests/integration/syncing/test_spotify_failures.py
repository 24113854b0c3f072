"""Spotify refused, unreachable or broken: for the whole sync, or for one album."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings

from albums.models import Album
from syncengine import operations
from tests.demo import Demo
from tests.sheets import BLUE, BLUE_ID, DUMMY, LINKED, REVOLVER
from tests.syncing import (
    background_worker,
    current_operation,
    ends,
    events,
    eventually,
    everything_stored,
    explained,
    outcomes,
)

pytestmark = pytest.mark.once

Sync = Callable[..., dict[str, Any]]
NO_CREDENTIALS = "Spotify credentials not configured. Please check environment variables."
NO_NETWORK = (
    "Network error: Unable to reach external services. Please check your connection."
)  # fmt: skip


@pytest.mark.parametrize("missing", ["SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET"])
def test_missing_credentials_fail_before_anybody_is_called(
    sync: Sync, demo: Demo, settings: LazySettings, missing: str
) -> None:
    setattr(settings, missing, "")
    operation = sync()
    assert (operation["state"], operation["message"]) == ("failed", NO_CREDENTIALS)
    assert demo.calls()["total"] == 0


def test_refused_credentials_fail_with_the_same_words(sync: Sync, demo: Demo) -> None:
    demo.behave(credentials_refused=True)
    operation = sync()
    assert (operation["state"], operation["message"]) == ("failed", NO_CREDENTIALS)
    assert operation["error"]["code"] == "spotify-credentials"
    assert not any("/v1/" in endpoint for endpoint in demo.calls()["by_endpoint"])


def test_no_secret_stands_in_the_log(sync: Sync, demo: Demo, settings: LazySettings) -> None:
    settings.SPOTIFY_CLIENT_SECRET = "canary-of-a-secret"
    operation = sync()
    assert operation["state"] == "failed"
    assert "canary-of-a-secret" not in str([event.as_json() for event in events()])


@pytest.mark.parametrize("peer", ["google", "spotify", "both"])
def test_a_network_that_is_lost_fails_the_sync(sync: Sync, demo: Demo, peer: str) -> None:
    demo.sheet(*LINKED)
    sync()
    before = everything_stored()
    demo.behave(network_lost=peer)
    operation = sync(mode="refresh")
    assert (operation["state"], operation["message"]) == ("failed", NO_NETWORK)
    assert ends() == ["failed"]
    assert everything_stored() == before


def test_an_app_without_premium_fails_the_sync_with_spotifys_words(sync: Sync, demo: Demo) -> None:
    demo.behave(premium_missing=True)
    operation = sync()
    assert operation["error"]["code"] == "spotify-premium"
    assert "premium subscription" in operation["message"]


def test_an_album_that_spotify_cannot_answer_for_fails_alone(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    demo.behave(failing_albums=[BLUE_ID])
    operation = sync()
    assert operation["message"] == (
        "Sync completed with warnings: 4/5 albums updated successfully. 1 failed."
    )
    (event,) = events("album-failed")
    assert (event.data["title"], event.data["code"]) == ("Blue", "spotify-unavailable")
    assert demo.calls()["by_endpoint"]["GET /v1/albums/{id}"] == {"200": 4, "500": 3}
    assert len(outcomes()) == Album.objects.count() == 4


def test_an_id_that_spotify_does_not_know_fails_alone(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE.replace(BLUE_ID, "0000000000000000000000"), DUMMY)
    sync()
    (event,) = events("album-failed")
    assert event.data["code"] == "album-not-found"
    assert outcomes() == {"Dummy": "added"}


def test_a_token_that_expires_on_the_way_is_renewed_once(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED, REVOLVER)
    demo.behave(latency_ms=500)
    with explained():
        operations.start("ann", "button")
        with background_worker():
            eventually(lambda: "POST /api/token" in demo.calls()["by_endpoint"])
            demo.behave(expire_tokens=True)
            eventually(ends)
    assert current_operation()["synced"] == 6
    calls = demo.calls()["by_endpoint"]
    assert calls["POST /api/token"] == {"200": 2}
    assert sum(count.get("401", 0) for count in calls.values()) >= 1
