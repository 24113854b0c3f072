"""F34: an older database is put in place, and its log goes on in another way than before."""

from pathlib import Path

import pytest
from django.db import connections

from syncengine import log, operations
from syncengine.log import StaleToken
from syncengine.operations import LeaseWatch
from syncengine.verify import verify
from tests.faults.backup import back_up, restore
from tests.faults.test_f31_tampered_log import verifylog
from tests.faults.world import MOST_S, World
from tests.histories import stage
from tests.server import Web
from tests.sheets import BLUE, DUMMY, LINKED
from tests.sockets import Socket
from tests.syncing import ends, eventually, in_catalog


def sync(world: World, web: Web, *rows: str) -> int:
    """A sync of these rows; where the log ends after it."""
    world.demo.sheet(*rows)
    web.post("/syncs/", "admin")
    eventually(ends, MOST_S)
    return log.head().position


def test_f34_whoever_knows_a_history_that_is_gone_starts_afresh(world: World) -> None:
    web, worker = world.web(), world.worker()
    kept = sync(world, web, BLUE)
    status = log.current_status()
    file = world.folder / "backup"
    back_up(world.environment["DATABASE_URL"], file)
    lost = sync(world, web, BLUE, DUMMY)
    # Browsers that are just before what is about to be lost, and everywhere in it.
    cursors = [(at, log.hash_at(at) or "") for at in range(kept, lost + 1)]
    web.stop()
    worker.stop()
    restore(world.environment["DATABASE_URL"], file)
    assert log.current_status() == status
    assert in_catalog() == {"Blue"}
    web.start()
    worker.start()

    def come_back() -> list[Socket]:
        """All of them; those that know what was lost get a snapshot, and nothing before it."""
        found = [world.socket(web, cursor=cursor) for cursor in cursors]
        found[0].view.status = status
        for socket in found[1:]:
            assert socket.frame()["type"] == "snapshot"
        assert found[0].frame()["type"] in ("events", "heartbeat")
        return found

    sockets = come_back()
    head = sync(world, web, *LINKED)
    assert head > lost
    assert [log.hash_at(at) == known for at, known in cursors] == [True] + [False] * (lost - kept)
    sockets += come_back()
    for socket in sockets:
        assert socket.follow_to(head) == log.current_status()

    code, said = verifylog(world)
    assert code == 1
    assert "checkpoint" in said
    world.checkpoint_file.rename(world.folder / "checkpoints-of-what-was-lost.jsonl")
    assert verifylog(world)[0] == 0


def test_f34_a_worker_of_a_history_that_is_gone_writes_nothing_into_the_one_that_goes_on(
    database: str, tmp_path: Path
) -> None:
    operations.start("ann", "button")
    back_up(database, tmp_path / "backup")
    left = operations.claim("worker-1", LeaseWatch())
    connections.close_all()
    restore(database, tmp_path / "backup")
    owner = operations.claim("worker-2", LeaseWatch())
    assert left is not None
    assert owner is not None
    assert left.fence.token == owner.fence.token
    head = log.head().position
    for step in (operations.beat, operations.complete, lambda claim: stage(claim, "sheet")):
        with pytest.raises(StaleToken):
            step(left)
    assert log.head().position == head
    operations.beat(owner)
    operations.complete(owner)
    assert verify().is_sound
