"""F31: somebody changes the log with the database in his hands."""

import re
from html import unescape

from django.db import connections

from syncengine import log
from syncengine.triggers import TABLE
from tests.commands import Environment, manage
from tests.faults.world import World
from tests.server import Web
from tests.sheets import BLUE, DUMMY
from tests.syncing import current_operation, eventually
from tests.tampering import raw, rewrite

BANNER = re.compile(r'<div class="alarm" role="alert">(.*?)</div>', re.DOTALL)
SPOILED = 3


def banner(web: Web, username: str, path: str = "/") -> str:
    """What the alarm on a page says; empty where there is none."""
    found = BANNER.search(web.page(path, username))
    return unescape(re.sub(r"<[^>]+>", "", found[1])) if found else ""


def sync(web: Web) -> None:
    before = log.head().position
    web.post("/syncs/", "admin")
    eventually(lambda: log.head().position > before and current_operation()["finished_at"])
    assert current_operation()["state"] == "completed"


def spoil() -> str:
    """Change one event past the triggers, and put them back; returns what it said before."""
    ((before,),) = raw(f"SELECT data FROM {TABLE} WHERE position = %s", SPOILED)
    write(before.replace("sheet", "shoot"))
    return str(before)


def write(data: str) -> None:
    rewrite(SPOILED, data)
    connections.close_all()


def verifylog(world: World) -> tuple[int, str]:
    environment: Environment = world.environment
    done = manage(environment, "verifylog")
    return done.returncode, done.stdout + done.stderr


def test_it_is_named_shown_and_stands_in_nobodys_way(world: World) -> None:
    world.demo.sheet(BLUE, DUMMY)
    web = world.web()
    world.worker()
    sync(web)
    assert verifylog(world)[0] == 0
    assert banner(web, "admin") == ""

    before = spoil()
    code, said = verifylog(world)
    assert code == 1
    assert f"First bad position: {SPOILED}." in said
    for person in ("admin", "auditor"):
        for path in ("/", "/syncs/", f"/syncs/{current_operation()['id']}/"):
            assert f"does not hold beyond position {SPOILED - 1}" in banner(web, person, path)
    assert banner(web, "viewer") == ""

    sync(web)
    assert verifylog(world)[0] == 1
    assert f"position {SPOILED}" in banner(web, "admin", f"/syncs/{current_operation()['id']}/")

    write(before)
    assert verifylog(world)[0] == 0
    assert banner(web, "admin") == ""


def test_a_worker_finds_it_when_a_sync_begins(world: World) -> None:
    world.demo.sheet(BLUE, DUMMY)
    web, worker = world.web(), world.worker()
    sync(web)
    before = spoil()
    sync(web)
    assert f"position {SPOILED}" in eventually(lambda: banner(web, "auditor"))
    assert f"the log does not hold: position {SPOILED}: " in worker.output
    write(before)
    assert verifylog(world)[0] == 0


def test_a_worker_finds_it_when_it_starts(world: World) -> None:
    world.demo.sheet(BLUE)
    web, worker = world.web(), world.worker()
    sync(web)
    worker.stop()
    before = spoil()
    worker.start()
    assert f"position {SPOILED}" in eventually(lambda: banner(web, "admin"))
    write(before)
    worker.restart()
    eventually(lambda: not banner(web, "admin"))
