"""F14: an upstream takes the connection and says nothing, or takes none.

By `--all-faults` with the product's own limits of time, else with a tenth of them.
"""

from itertools import pairwise

import pytest

from albums.sources.http import MAX_TRIES, SHEET_LIMITS, SPOTIFY_LIMITS
from tests.faults.proxy import Proxy
from tests.faults.side_by_side import timestamp
from tests.faults.upstreams import nothing_changes, outside_worker, refused, synced
from tests.faults.world import World
from tests.sheets import LINKED
from tests.syncing import events

pytestmark = pytest.mark.once

LATE_S = 5.0  # by which a busy machine may be late with anything
MAX_BACKOFF_S = (0.5, 1.0)  # before the second try, and before the third
PATIENCE = [0.1, pytest.param(1.0, marks=pytest.mark.long)]
SILENCE = "no whole answer in time"


@pytest.mark.parametrize("patience", PATIENCE)
def test_f14_silence_is_given_up_and_told(
    world: World, to_google: Proxy, to_spotify: Proxy, patience: float
) -> None:
    world.demo.sheet(*LINKED)
    outside_worker(world, patience=patience)
    read_s = SHEET_LIMITS.read_s * patience

    waits_s = []
    for _ in range(2):
        to_google.become("hang")
        to_google.connected_at.clear()
        error = refused("network", service="Google Sheets", problem=SILENCE)
        assert error["remedy"].startswith(f"Google Sheets: {SILENCE}.")
        assert to_google.connections == MAX_TRIES
        waits_s += backoffs_s(to_google.connected_at, read_s)
        assert took_s() < min(SHEET_LIMITS.total_s * patience, 3 * read_s + 1.5) + LATE_S
    print(f"F14: waits between tries of {', '.join(f'{wait:.2f} s' for wait in waits_s)}")
    assert max(waits_s) - min(waits_s) > 0.01  # by chance, so that callers do not come as one

    to_google.become("pass")
    to_spotify.become("hang")
    with nothing_changes():
        operation = synced()
    assert (operation["state"], operation["error"]["code"]) == ("failed", "network")
    assert operation["error"]["details"] == {"service": "Spotify", "problem": SILENCE}
    assert took_s() < 3 * SPOTIFY_LIMITS.read_s * patience + 1.5 + LATE_S

    to_spotify.become("pass")
    operation = synced()
    assert (operation["state"], operation["synced"]) == ("completed", len(LINKED))


def backoffs_s(connected_at: list[float], read_s: float) -> list[float]:
    """How long was waited before each new try, in seconds."""
    waits = [later - earlier - read_s for earlier, later in pairwise(connected_at)]
    for wait_s, longest_s in zip(waits, MAX_BACKOFF_S, strict=True):
        assert -0.05 < wait_s < longest_s + LATE_S
    return waits


def took_s() -> float:
    """How long the newest sync took, from its start to its end."""
    [started] = events("started")
    [ended] = events("failed")
    return timestamp(ended) - timestamp(started)
