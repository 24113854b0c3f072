"""F36: another admin cancels, through another web server, while the sync waits or commits."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from albums.models import Album
from syncengine import log
from syncengine.models import StoredSheet
from tests.accounts import account
from tests.browser import sheets
from tests.concurrency import at_once
from tests.faults.failing import PAUSE_S
from tests.faults.world import MOST_S, FailingWorker, World
from tests.server import Web
from tests.syncing import current_operation, ends, events, eventually, outcomes, stored_operation

STOP_LIMIT_S = 2.0  # the promise, for the sync and for the calls of its worker
ROWS = sheets.rows(40)
COMMIT_OF_AN_ALBUM = 5  # after those of the start, the sheet, its rows, and that albums begin
PAUSED = f"before-commit:{COMMIT_OF_AN_ALBUM}:pause"


@dataclass
class Parts:
    world: World
    first: Web  # where a sync is asked for
    second: Web  # where it is cancelled
    worker: FailingWorker

    def begin(self, **behaviour: Any) -> None:
        """Ask for a sync that will come into a certain situation."""
        self.world.demo.reset()
        self.world.demo.sheet(*ROWS)
        self.world.demo.behave(**behaviour)
        self.first.post("/syncs/", "admin")

    def cancel(self, commit_s: float = 0.0) -> dict[str, Any]:
        """Cancel as somebody else, while a transaction takes a while; checks that all has stopped
        in time, and who it was."""
        operation = current_operation()["id"]
        asked = datetime.now(UTC)
        answer = self.second.post(f"/syncs/{operation}/cancel/", "admin2")["operation"]
        took_s = (datetime.now(UTC) - asked).total_seconds()
        print(f"F36: cancelled in {took_s:.2f} s")
        assert commit_s / 4 < took_s < STOP_LIMIT_S + commit_s
        assert answer["id"] == operation
        assert answer["state"] == "cancelled"
        assert answer["cancel_requested_by"] == "admin2"
        self.has_ended_once()
        self.worker_has_stopped(asked)
        return answer

    def has_ended_once(self) -> None:
        """By the one who asked for it, with nothing behind it."""
        assert [event.kind for event in events()[-2:]] == ["cancel-requested", "cancelled"]
        assert {event.data["by"] for event in events()[-2:]} == {"admin2"}
        assert ends() == ["cancelled"]
        assert not StoredSheet.objects.exists()
        left_alone = sum(len(event.data["albums"]) for event in events("albums-unchanged"))
        done = current_operation()
        assert (done["synced"], done["failed"]) == (len(outcomes()) + left_alone, 0)

    def worker_has_stopped(self, asked: datetime) -> None:
        """It calls nobody any more, and writes nothing."""
        head = log.head().position
        eventually(lambda: self.world.demo.calls()["in_flight"] == 0)
        last_call = self.world.demo.calls()["times"]["last_at"]
        late_s = (datetime.fromisoformat(last_call) - asked).total_seconds()
        assert late_s < STOP_LIMIT_S + 1  # it hears of it with its next beat
        time.sleep(0.2)
        assert log.head().position == head


@pytest.fixture
def parts(world: World) -> Parts:
    account("admin", "admin2")
    first, second = world.web(), world.web()
    first.login("admin")
    second.login("admin2")
    return Parts(world, first, second, world.failing_worker(PAUSED))


def test_f36_a_cancel_stops_a_sync_wherever_it_is(parts: Parts) -> None:
    while_it_commits(parts)
    for wait in (backing_off, told_to_wait, parked):
        parts.worker.heal()
        parts.worker.kill()  # it remembers that it was refused
        parts.worker.start()
        wait(parts)
    afterwards_all_is_well(parts)


def while_it_commits(parts: Parts) -> None:
    """What is under way comes whole, and nothing after it."""
    parts.begin(latency_ms=500, speed=1)
    eventually(lambda: parts.worker.points.count("before-commit") == COMMIT_OF_AN_ALBUM, MOST_S)
    answer = parts.cancel(commit_s=PAUSE_S)
    assert 1 <= answer["synced"] == len(outcomes()) == Album.objects.count() < len(ROWS)


def backing_off(parts: Parts) -> None:
    parts.begin(broken_percent=100)
    eventually(lambda: events("waiting"), MOST_S)
    assert stored_operation().worker != ""
    parts.cancel()


def told_to_wait(parts: Parts) -> None:
    parts.begin(rate_limit_calls=1, rate_limit_seconds=40)
    eventually(lambda: events("waiting"), MOST_S)
    assert stored_operation().worker != ""
    parts.cancel()


def parked(parts: Parts) -> None:
    """Twice at once, and it has one end."""
    parts.begin(quota_exceeded=True)
    eventually(lambda: stored_operation().worker == "" and events("waiting"), MOST_S)
    operation = current_operation()["id"]
    path = f"/syncs/{operation}/cancel/"
    answers = at_once(
        *[lambda: parts.first.post(path, "admin2"), lambda: parts.second.post(path, "admin2")] * 2
    )
    assert {answer["operation"]["state"] for answer in answers} == {"cancelled"}
    parts.has_ended_once()


def afterwards_all_is_well(parts: Parts) -> None:
    parts.worker.kill()
    parts.worker.start()
    parts.begin()
    eventually(ends, MOST_S)
    done = current_operation()
    assert (done["state"], done["synced"], done["failed"]) == ("completed", len(ROWS), 0)
