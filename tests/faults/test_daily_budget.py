"""A daily budget of calls is kept by several workers, through restarts, and until the next day."""

from datetime import UTC, datetime, timedelta

from tests.browser import sheets
from tests.faults.clocks import Clock
from tests.faults.world import MOST_S, World
from tests.syncing import current_operation, ends, events, eventually, outcomes, stored_operation

BUDGET = 8
ALBUMS = 12  # one call each; the first worker of a day makes one more, to find out about batches


def calls(world: World) -> int:
    """Calls of the Web API, to which the token does not belong."""
    return len(world.demo.calls()["arrivals"])


def test_it_is_kept_by_all_workers_together_and_the_sync_goes_on_the_next_day(
    world: World,
) -> None:
    now = datetime.now(UTC)
    # Noon, far from midnight, and of tomorrow: a worker that seems to lag behind would be missing.
    noon = now.replace(hour=12) + timedelta(days=1)
    clock = Clock(world.folder / "clock", noon - now)
    environment = clock.environment | {"SPOTIFY_DAILY_BUDGET": str(BUDGET)}
    world.demo.sheet(*sheets.rows(ALBUMS))
    world.demo.behave(latency_ms=400)
    web, first = world.web(), world.worker(**environment)
    web.post("/syncs/", "admin")
    eventually(lambda: len(outcomes()) >= 2, MOST_S)
    first.stop()
    world.demo.behave(latency_ms=0)
    second = world.worker(**environment)
    eventually(lambda: current_operation()["state"] == "waiting", MOST_S)
    assert calls(world) <= BUDGET
    operation = current_operation()
    assert operation["waiting_reason"] == "budget"
    assert operation["synced"] >= BUDGET - 4  # two batch calls, and one that was given up
    assert stored_operation().worker == ""
    until = datetime.fromisoformat(operation["waiting_until"])
    assert until.date() == clock.now().date() + timedelta(days=1)
    assert (until.hour, until.minute) == (0, 0)
    assert "the daily budget of calls is used up" in web.page("/", "viewer")

    # Today is over for all that ask, whatever they ask for.
    web.post(f"/syncs/{operation['id']}/cancel/", "admin")
    second.restart()
    made = calls(world)
    web.post("/syncs/", "admin")
    eventually(lambda: current_operation()["state"] == "waiting", MOST_S)
    assert calls(world) == made

    world.demo.reset_calls()
    clock.jump(until - datetime.now(UTC))
    eventually(ends, MOST_S)
    assert [event.data["reason"] for event in events("resumed")] == ["wait-over"]
    assert current_operation()["synced"] == ALBUMS
    assert calls(world) <= BUDGET
