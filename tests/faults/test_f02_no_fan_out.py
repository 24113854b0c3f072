"""F2: the worker dies between a commit and the ring that tells of it."""

from syncengine import log
from tests.browser import sheets
from tests.faults.follower import Follower
from tests.faults.world import MOST_S, World
from tests.syncing import current_operation, eventually

ALBUMS = 10
COMMIT = 8  # the claim, three of the sheet, and some albums
MAX_LAG_S = 5.0


def test_f02_what_nobody_rang_for_reaches_every_browser(world: World) -> None:
    world.demo.sheet(*sheets.rows(ALBUMS))
    webs = [world.web(), world.web()]
    followers = [Follower(world.socket(web)) for web in webs for _ in range(3)]
    worker = world.failing_worker(f"after-commit:{COMMIT}:kill")
    operation = webs[0].post("/syncs/", "admin")["operation"]
    worker.wait_for_death(MOST_S)
    head = log.head().position
    assert 0 < current_operation()["synced"] < ALBUMS
    eventually(lambda: all(follower.position >= head for follower in followers), MOST_S)
    lags_s = [follower.lags_s[head] for follower in followers]
    print(f"F2: {len(lags_s)} browsers had the event after {max(lags_s):.2f} s at worst")
    assert max(lags_s) < MAX_LAG_S
    webs[0].post(f"/syncs/{operation['id']}/cancel/", "admin")
