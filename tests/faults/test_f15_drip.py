"""F15: an upstream sends its answer a byte at a time, so that no wait for the next byte is long.

By `--all-faults` with the product's own limits of time, else with a tenth of them.
"""

import pytest

from albums.sources.http import SHEET_LIMITS, SPOTIFY_LIMITS
from tests.faults.proxy import Proxy
from tests.faults.test_f14_silence import LATE_S, PATIENCE, SILENCE, took_s
from tests.faults.upstreams import nothing_changes, outside_worker, refused, synced
from tests.faults.world import World
from tests.sheets import LINKED

pytestmark = pytest.mark.once


@pytest.mark.parametrize("patience", PATIENCE)
def test_f15_a_dripping_answer_ends_at_the_deadline_of_the_whole(
    world: World, to_google: Proxy, to_spotify: Proxy, patience: float
) -> None:
    world.demo.sheet(*LINKED)
    for cable in (to_google, to_spotify):
        cable.drip_s = patience  # a tenth of what a byte may take
    outside_worker(world, patience=patience)

    to_google.become("drip")
    refused("network", service="Google Sheets", problem=SILENCE)
    deadline_s = SHEET_LIMITS.total_s * patience
    print(f"F15: {took_s():.1f} s where {deadline_s:.1f} s are the limit")
    assert deadline_s - 0.1 < took_s() < deadline_s + LATE_S

    to_google.become("pass")
    to_spotify.become("drip")
    with nothing_changes():
        operation = synced()
    assert (operation["state"], operation["error"]["code"]) == ("failed", "network")
    assert operation["error"]["details"] == {"service": "Spotify", "problem": SILENCE}
    assert took_s() > SPOTIFY_LIMITS.total_s * patience
    assert took_s() < 3 * SPOTIFY_LIMITS.total_s * patience + 1.5 + LATE_S

    to_spotify.become("pass")
    operation = synced()
    assert (operation["state"], operation["synced"]) == ("completed", len(LINKED))
