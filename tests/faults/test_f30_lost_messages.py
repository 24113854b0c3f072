"""F30: every third message of the channel layer is lost."""

from pathlib import Path

from syncengine import log
from tests.browser import sheets
from tests.faults.follower import Follower
from tests.faults.lossy import lossy
from tests.faults.world import MOST_S, World
from tests.syncing import ends, eventually

ALBUMS = 30
SOCKETS = 5
PROMISE_S, SLACK_S = 2.0, 3.0  # for a busy machine


def test_f30_nobody_waits_for_a_message_that_was_lost(world: World, tmp_path: Path) -> None:
    world.demo.sheet(*sheets.rows(ALBUMS))
    world.demo.behave(latency_ms=1000)
    fates = tmp_path / "fates"
    serve = world.serve(**lossy("third", fates))
    followers = [Follower(world.socket(serve)) for _ in range(SOCKETS)]
    eventually(lambda: all(follower.position == 0 for follower in followers), MOST_S)
    serve.post("/syncs/", "admin")
    eventually(ends, MOST_S)
    head = log.head().position
    eventually(lambda: all(follower.position == head for follower in followers), MOST_S)
    assert fates.read_text().count("x") > 3
    lags_s = [lag_s for follower in followers for lag_s in follower.lags_s.values()]
    assert len(lags_s) == SOCKETS * head
    print(f"F30: {len(lags_s)} events arrived after {max(lags_s):.2f} s at worst")
    assert max(lags_s) < PROMISE_S + SLACK_S
