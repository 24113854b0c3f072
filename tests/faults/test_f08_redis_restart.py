"""F8: Redis is away for a while and comes back empty; then it forgets everything."""

import time
from collections.abc import Callable

from syncengine import log
from tests.browser import sheets
from tests.faults.follower import Follower
from tests.faults.redis import Redis
from tests.faults.world import MOST_S, World
from tests.syncing import ends, eventually

ALBUMS = 10
LATENCY_MS = 300
MAX_ANSWER_S = 3.0  # the budget is a second
MAX_CATCH_UP_S = 10.0  # the promise
MAX_LINES = 8  # in which a process speaks of both faults


def test_f08_syncs_go_on_and_pages_say_that_they_are_delayed(world: World, redis: Redis) -> None:
    world.demo.behave(latency_ms=LATENCY_MS)
    webs = [world.web(), world.web()]
    world.worker()
    for web in webs:
        web.login("admin")
    followers = [Follower(world.socket(web)) for web in webs for _ in range(2)]
    eventually(lambda: all(follower.position >= 0 for follower in followers), MOST_S)

    def sync(label: str) -> float:
        """Start a sync and let everybody follow it to its end; how late an event was at worst."""
        world.demo.sheet(*sheets.rows(ALBUMS, label=label))
        before = log.head().position
        begun = time.monotonic()
        webs[0].post("/syncs/", "admin")
        assert time.monotonic() - begun < MAX_ANSWER_S
        eventually(ends, MOST_S)
        head = log.head().position
        eventually(lambda: all(follower.position == head for follower in followers), MOST_S)
        late = [one.lags_s[at] for one in followers for at in range(before + 1, head + 1)]
        return max(late)

    def took_s(condition: Callable[[], bool]) -> float:
        begun = time.monotonic()
        eventually(condition, MOST_S)
        return time.monotonic() - begun

    redis.stop()
    without_s = sync("away")
    assert without_s < MAX_CATCH_UP_S
    said_s = took_s(lambda: all(follower.delayed for follower in followers))
    redis.start()
    back_s = took_s(lambda: not any(follower.delayed for follower in followers))
    assert back_s < MAX_CATCH_UP_S
    again_s = sync("back")

    redis.flush()
    flushed_s = sync("flushed")
    assert flushed_s < MAX_CATCH_UP_S
    newcomer = Follower(world.socket(webs[1], "viewer"))
    members_s = took_s(lambda: all("viewer" in one.names for one in (*followers, newcomer)))
    assert members_s < MAX_CATCH_UP_S
    print(
        f"F8: events were late by {without_s:.2f} s at worst without Redis, {again_s:.2f} s with"
        f" it, {flushed_s:.2f} s after it was flushed; pages said so {said_s:.1f} s after the sync"
        f" without it, and no more {back_s:.1f} s after its return; the group was whole again"
        f" {members_s:.1f} s after the sync that followed the flush"
    )
    for process in world.processes:
        lines = [line for line in process.output.splitlines() if "channel layer" in line]
        assert 2 <= len(lines) < MAX_LINES, process.output
