"""F28: browsers that never read what they are sent, while others do."""

import time
from contextlib import suppress

import pytest

from syncengine import log
from tests.deaf import DEAF, acknowledgement, large_events, readers_that_never_read
from tests.faults.world import World

MIB = 1024 * 1024
GONE_AFTER_S = 10.0
SLACK_S = 5.0  # for a busy machine; Daphne itself would keep them for a minute
FULL_AFTER_S = 90.0  # what the system keeps for a peer, some megabytes; from then on it shows
MAX_GROWTH_BYTES = 5 * MIB  # for each of them


@pytest.mark.parametrize("they_acknowledge", [False, True], ids=["silent", "acknowledging"])
def test_f28_they_are_cut_off_soon_cost_little_and_nobody_else_notices(
    world: World, they_acknowledge: bool
) -> None:
    web = world.web()
    quick = world.socket(web, "auditor")
    quick.frame()
    with readers_that_never_read(web, quick) as readers:
        before = peak = web.rss_bytes
        begun = time.monotonic()
        limit_s = GONE_AFTER_S + SLACK_S + (FULL_AFTER_S if they_acknowledge else 0)
        while not all(reader.is_gone for reader in readers):
            assert time.monotonic() - begun < limit_s
            told = quick.view.cursor[0]  # and everybody else was sent it, too
            quick.follow_to(large_events(5))
            for reader in readers if they_acknowledge else ():
                with suppress(OSError):  # it is gone
                    reader.pour(acknowledgement(told))
            peak = max(peak, web.rss_bytes)
    assert (peak - before) / DEAF < MAX_GROWTH_BYTES
    assert quick.follow_to(large_events(1)) == log.current_status()
    assert quick.view.snapshots == 1
