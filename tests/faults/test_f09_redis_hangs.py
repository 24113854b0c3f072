"""F9: Redis takes connections and answers nothing."""

import time
from datetime import datetime

from syncengine import log
from tests.browser import sheets
from tests.faults.follower import Follower
from tests.faults.redis import Redis
from tests.faults.world import MOST_S, World
from tests.syncing import ends, events, eventually

ALBUMS = 64
LATENCY_MS = 400
ROUNDS = 2  # of each kind in turn; the quicker counts, so that a busy machine counts less
MAX_SLOWER = 1.1
MAX_ANSWER_S = 3.0  # the budget is a second
MAX_CATCH_UP_S = 10.0


def test_f09_a_worker_is_as_quick_as_ever_and_nobody_waits(world: World, redis: Redis) -> None:
    world.demo.behave(latency_ms=LATENCY_MS)
    web = world.web()
    world.worker()
    followers = [Follower(world.socket(web)) for _ in range(3)]
    eventually(lambda: all(follower.position >= 0 for follower in followers), MOST_S)
    web.login("admin")

    def sync_s(label: str) -> float:
        """How long the worker has for a sync, from its first step on."""
        world.demo.sheet(*sheets.rows(ALBUMS, label=label))
        begun = time.monotonic()
        web.post("/syncs/", "admin")
        answered_s.append(time.monotonic() - begun)
        eventually(ends, MOST_S)
        first, last = (
            datetime.fromisoformat(events(kind)[0].at) for kind in ("started", "completed")
        )
        return (last - first).total_seconds()

    answered_s: list[float] = []
    usual_s, hung_s = [], []
    for number in range(ROUNDS):
        usual_s.append(sync_s(f"usual {number}"))
        redis.pause()
        hung_s.append(sync_s(f"hung {number}"))
        eventually(lambda: all(follower.delayed for follower in followers), MOST_S)
        redis.wake()
        woken = time.monotonic()
        eventually(lambda: not any(follower.delayed for follower in followers), MOST_S)
        assert time.monotonic() - woken < MAX_CATCH_UP_S

    head = log.head().position
    eventually(lambda: all(follower.position == head for follower in followers), MOST_S)
    late_s = max(lag_s for follower in followers for lag_s in follower.lags_s.values())
    print(
        f"F9: {ALBUMS} albums took {min(usual_s):.2f} s, and {min(hung_s):.2f} s while Redis hung;"
        f" starting was answered within {max(answered_s):.2f} s, and events came"
        f" {late_s:.2f} s late at worst"
    )
    assert min(hung_s) < min(usual_s) * MAX_SLOWER
    assert max(answered_s) < MAX_ANSWER_S
    assert late_s < MAX_CATCH_UP_S
