"""F20: Spotify answers with server errors only, for minutes, and then still with 30 % of them.

The half minute until the first probe is scaled down, and the storm with it.
"""

import itertools
import json
from collections import Counter
from datetime import datetime

import pytest

from tests.browser import sheets
from tests.faults.world import MOST_S, World
from tests.server import Web
from tests.syncing import current_operation, ends, events, eventually, outcomes

ALBUMS = 20
PROBE_EVERY_S = 1.0  # instead of 30
PROBES = 2  # in vain, after once and twice that
JITTER_S = 0.05  # by which a clock may be read apart
FIRST_ROUND = 16  # eight calls are under way, and each that fails makes place for one
MAX_TRIES = 3  # of an album
LATENCY_MS = 300
SOURCES = json.dumps({"probe_every_s": PROBE_EVERY_S, "retry_base_s": 0.25})


@pytest.fixture
def web(world: World) -> Web:
    world.demo.sheet(*sheets.rows(ALBUMS))
    world.demo.behave(latency_ms=LATENCY_MS)
    world.failing_worker(SOURCES=SOURCES)
    web: Web = world.web()
    web.login("admin")
    return web


def album_tries(world: World) -> Counter[str]:
    """How often each album was asked for since the calls were last forgotten."""
    recent = world.demo.calls()["recent"]
    return Counter(call["path"] for call in recent if call["path"].startswith("/v1/albums/"))


def waits_s() -> list[float]:
    """How long each wait was to be."""
    return [
        (
            datetime.fromisoformat(event.data["until"]) - datetime.fromisoformat(event.at)
        ).total_seconds()
        for event in events("waiting")
    ]


def test_f20_in_a_storm_calls_are_held_back_and_afterwards_all_goes_on(
    world: World, web: Web
) -> None:
    a_storm_before_there_is_a_token(world, web)
    a_storm_in_the_midst(world, web)


def a_storm_before_there_is_a_token(world: World, web: Web) -> None:
    world.demo.behave(broken_percent=100)
    web.post("/syncs/", "admin")
    eventually(lambda: len(events("waiting")) > 1, MOST_S)
    calls = world.demo.calls()["by_endpoint"]
    assert sum(calls["POST /api/token"].values()) == 4  # three tries, then one
    assert not any("/v1/" in endpoint for endpoint in calls)
    world.demo.behave(broken_percent=0)
    eventually(ends, MOST_S)
    done = current_operation()
    assert (done["state"], done["synced"], done["failed"]) == ("completed", ALBUMS, 0)


def a_storm_in_the_midst(world: World, web: Web) -> None:
    world.demo.sheet(*sheets.rows(ALBUMS, label="Another label"))
    web.post("/syncs/", "admin")
    eventually(lambda: len(outcomes()) > 2, MOST_S)
    world.demo.reset_calls()
    world.demo.behave(broken_percent=100)
    eventually(lambda: len(events("waiting")) > PROBES, MOST_S)
    storm = world.demo.calls()
    tries = album_tries(world)

    # One call at a time, each after a longer wait than the one before.
    gaps_s = [after - before for before, after in itertools.pairwise(storm["arrivals"])]
    held_back = [gap >= PROBE_EVERY_S - JITTER_S for gap in gaps_s]
    first = held_back.index(True)
    assert first < FIRST_ROUND and all(held_back[first:]), gaps_s
    assert len(held_back[first:]) == PROBES
    for wait, times in zip(waits_s(), (1, 2, 4), strict=False):
        assert wait == pytest.approx(times * PROBE_EVERY_S, abs=0.5)

    # Seen, with the time of the next call, on the page and in every one that is open.
    operation = current_operation()
    assert operation["message"] == "Waiting for Spotify..."
    assert operation["waiting_reason"] == "rate-limit"
    page = web.page("/", "viewer")
    assert "Spotify: it takes no calls at the moment. Goes on by itself at" in page
    with world.socket(web) as socket:
        seen = socket.next("snapshot")["status"]["operation"]
    assert (seen["state"], seen["failures"]) == ("waiting", [])
    assert seen["waiting_until"] >= operation["waiting_until"]

    world.demo.behave(broken_percent=30)
    world.demo.reset_calls()
    eventually(ends, MOST_S)
    assert ends() == ["completed"]
    tries += album_tries(world)
    assert max(tries.values()) <= MAX_TRIES, tries
    done = current_operation()
    assert done["synced"] + done["failed"] == ALBUMS
    assert {failure["code"] for failure in done["failures"]} <= {"spotify-unavailable"}
    if done["failed"]:
        world.demo.behave(broken_percent=0)
        web.post(f"/syncs/{done['id']}/retry/", "admin")
        eventually(lambda: current_operation()["id"] != done["id"] and ends(), MOST_S)
        assert current_operation()["synced"] == done["failed"]
