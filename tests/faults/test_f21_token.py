"""F21: the token runs out in the midst of a sync; once a new one is given, once it is refused."""

import time

from syncengine.tasks import ALBUMS_AT_ONCE
from tests.browser import sheets
from tests.faults.world import MOST_S, World
from tests.server import Web
from tests.syncing import current_operation, ends, events, eventually, in_catalog, outcomes

ALBUMS = 24
LATENCY_MS = 400
QUIET_S = 1.0
NO_CREDENTIALS = "Spotify credentials not configured. Please check environment variables."


def in_the_midst(world: World, web: Web, label: str) -> None:
    """Begin a sync of albums that are all stale, and let some be done."""
    world.demo.sheet(*sheets.rows(ALBUMS, label=label))
    web.post("/syncs/", "admin")
    eventually(lambda: current_operation()["finished_at"] is None and len(outcomes()) > 2, MOST_S)
    world.demo.reset_calls()


def calls_of(world: World, status: str) -> dict[str, int]:
    """{endpoint: how many calls were answered so}."""
    by_endpoint = world.demo.calls()["by_endpoint"]
    return {name: count[status] for name, count in by_endpoint.items() if status in count}


def test_f21_a_token_that_runs_out_is_renewed_once_and_one_that_is_refused_ends_the_sync(
    world: World,
) -> None:
    world.demo.behave(latency_ms=LATENCY_MS)
    web = world.web()
    world.worker()
    world.worker()

    in_the_midst(world, web, "One")
    world.demo.behave(expire_tokens=True)
    eventually(ends, MOST_S)
    assert (ends(), current_operation()["synced"]) == (["completed"], ALBUMS)
    refused = calls_of(world, "401")["GET /v1/albums/{id}"]
    assert 1 < refused <= ALBUMS_AT_ONCE
    assert calls_of(world, "200")["POST /api/token"] == 1

    in_the_midst(world, web, "Another")
    world.demo.behave(expire_tokens=True, credentials_refused=True)
    eventually(ends, MOST_S)
    operation = current_operation()
    assert (operation["state"], operation["message"]) == ("failed", NO_CREDENTIALS)
    assert operation["error"]["code"] == "spotify-credentials"
    assert "SPOTIFY_CLIENT_SECRET" in operation["error"]["remedy"]
    assert calls_of(world, "400") == {"POST /api/token": 1}
    assert 2 < len(outcomes()) < ALBUMS and not events("album-failed")
    assert len(in_catalog()) == ALBUMS
    before = world.demo.calls()["total"]
    time.sleep(QUIET_S)
    assert world.demo.calls()["total"] == before

    # What was done stays done.
    done = len(outcomes())
    world.demo.behave(credentials_refused=False)
    web.post("/syncs/", "admin")
    eventually(lambda: current_operation()["id"] != operation["id"] and ends(), MOST_S)
    assert (ends(), len(outcomes())) == (["completed"], ALBUMS - done)
