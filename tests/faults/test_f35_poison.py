"""F35: albums over which everything fails, each time: Spotify, its answer, or our own code."""

import json
from collections import Counter

from tests.browser import sheets
from tests.faults.world import MOST_S, World
from tests.syncing import current_operation, ends, events, eventually, in_catalog

ALBUMS = 12
TRIES = 3
ROWS = sheets.rows(ALBUMS)
IDS = [row.rpartition(",")[2] for row in ROWS]
BROKEN, GARBAGE, POISON = IDS[0], IDS[4], IDS[8]
SOURCES = json.dumps({"retry_base_s": 0.05})


def test_f35_after_three_tries_an_album_is_marked_failed_and_the_others_go_on(
    world: World,
) -> None:
    world.demo.sheet(*ROWS)
    world.demo.behave(failing_albums=[BROKEN])
    world.demo.answer(f"/v1/albums/{GARBAGE}", b"<html>no album</html>")
    web = world.web()
    worker = world.failing_worker(POISON=POISON, SOURCES=SOURCES)
    web.post("/syncs/", "admin")
    eventually(ends, MOST_S)

    operation = current_operation()
    assert (operation["state"], operation["synced"], operation["failed"]) == (
        "completed",
        ALBUMS - 3,
        3,
    )
    codes = {event.data["key"]: event.data["code"] for event in events("album-failed")}
    assert codes == {
        f"spotify:{BROKEN}": "spotify-unavailable",
        f"spotify:{GARBAGE}": "spotify-bad-answer",
        f"spotify:{POISON}": "internal",
    }
    assert all(event.data["remedy"] for event in events("album-failed"))
    calls = Counter(
        call["path"].rpartition("/")[2]
        for call in world.demo.calls()["recent"]
        if call["path"].startswith("/v1/albums/")
    )
    assert calls == {**dict.fromkeys(IDS, 1), BROKEN: TRIES, GARBAGE: TRIES, POISON: TRIES}
    assert len(in_catalog()) == ALBUMS - 3
    # It is told once, with its traceback: this one is a fault of ours.
    assert worker.output.count("RuntimeError: a poisoned album") == 1
    world.tracebacks = 1

    # Nobody is poisoned for ever.
    world.demo.behave(reset=True)
    world.demo.sheet(*ROWS)
    worker.kill()
    world.worker()
    web.post(f"/syncs/{operation['id']}/retry/", "admin")
    eventually(lambda: current_operation()["id"] != operation["id"] and ends(), MOST_S)
    assert (current_operation()["synced"], len(in_catalog())) == (3, ALBUMS)
