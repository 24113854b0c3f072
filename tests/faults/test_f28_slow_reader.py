"""F28: browsers that never read what they are sent, while others do."""

import time

from syncengine import log
from tests.deaf import DEAF, large_events, readers_that_never_read
from tests.faults.world import World

MIB = 1024 * 1024
GONE_AFTER_S = 10.0
SLACK_S = 5.0  # for a busy machine; Daphne itself would keep them for a minute
MAX_GROWTH_BYTES = 5 * MIB  # for each of them


def test_f28_they_are_cut_off_soon_cost_little_and_nobody_else_notices(world: World) -> None:
    web = world.web()
    quick = world.socket(web, "auditor")
    quick.frame()
    with readers_that_never_read(web, quick) as readers:
        before = peak = web.rss_bytes
        begun = time.monotonic()
        while not all(reader.is_gone for reader in readers):
            assert time.monotonic() - begun < GONE_AFTER_S + SLACK_S
            quick.follow_to(large_events(15))
            peak = max(peak, web.rss_bytes)
    assert (peak - before) / DEAF < MAX_GROWTH_BYTES
    assert quick.follow_to(large_events(1)) == log.current_status()
    assert quick.view.snapshots == 1
