"""F19: Spotify refuses calls and asks to wait: for an hour, for ten days, or without a sense."""

import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.browser import sheets
from tests.faults.clocks import Clock
from tests.faults.outages import ask
from tests.faults.world import MOST_S, World
from tests.server import Web
from tests.syncing import current_operation, ends, events, eventually, stored_operation

HOUR_S = 3600
LONGEST_S = 7 * 24 * HOUR_S  # an absurd wait is cut to this
WINDOW_S = 30  # what is waited where nobody can tell how long
JITTER = 1.06
CANCEL_LIMIT_S = 2.0
QUIET_S = 1.6  # no call is made for so long; a worker looks for work every second
ROWS = sheets.rows(4)


def refused(world: World, web: Web, form: str, seconds: int) -> dict[str, Any]:
    """Ask for a sync, and wait until Spotify has refused it; returns the operation."""
    world.demo.sheet(*ROWS)
    # The batch call and every album's.
    world.demo.behave(rate_limit_calls=1 + len(ROWS), rate_limit_seconds=seconds, retry_after=form)
    web.post("/syncs/", "admin")
    eventually(lambda: current_operation()["state"] == "waiting", MOST_S)
    return current_operation()


def wait_s(world: World, operation: dict[str, Any]) -> float:
    """How long Spotify is left alone, from its newest refusal on."""
    refusals = [call["at"] for call in world.demo.calls()["recent"] if call["answer"] == "429"]
    until = datetime.fromisoformat(operation["waiting_until"])
    return (until - datetime.fromisoformat(max(refusals))).total_seconds()


def nobody_calls(world: World) -> None:
    before = world.demo.calls()["total"]
    time.sleep(QUIET_S)
    assert world.demo.calls()["total"] == before


def test_f19_an_hour_is_waited_through_a_restart_of_everything_and_then_it_goes_on(
    world: World,
) -> None:
    clock = Clock(world.folder / "clock")
    web, worker = world.web(), world.worker(**clock.environment)
    operation = refused(world, web, "seconds", HOUR_S)
    socket = world.socket(web)
    assert HOUR_S <= wait_s(world, operation) < HOUR_S + 60
    assert operation["waiting_reason"] == "rate-limit"
    assert stored_operation().worker == ""

    # Nothing else is held up by it, and the page says how long it takes.
    page = web.page("/", "viewer")
    assert "Waiting for Spotify..." in page and "Goes on by itself at" in page
    assert operation["waiting_until"][:19] in page and "59 min" in page
    assert "Waiting for Spotify..." in web.page("/syncs/", "auditor")
    again = ask(web, "/syncs/", "admin", {}, "json")
    assert again.status == 409 and operation["id"] in again.body

    for process in (web, worker):
        process.kill()
    for process in (web, worker):
        process.start()
    nobody_calls(world)
    assert socket.frame()["type"] == "snapshot"
    assert web.get("/api/status", "viewer")["operation"] == operation == current_operation()

    # Not even a minute before the time does anybody call; at that time, whoever is there goes on.
    world.demo.behave(rate_limit_calls=0)
    clock.jump(timedelta(seconds=HOUR_S - 60))
    nobody_calls(world)
    clock.jump(timedelta(seconds=HOUR_S))
    eventually(ends, MOST_S)
    (resumed,) = events("resumed")
    assert resumed.data["reason"] == "wait-over"
    assert resumed.at >= operation["waiting_until"]
    done = current_operation()
    assert (done["id"], done["state"], done["synced"]) == (operation["id"], "completed", len(ROWS))


@pytest.mark.parametrize(
    ("form", "seconds", "least_s", "most_s"),
    [
        ("date", HOUR_S, HOUR_S - 2, HOUR_S + 60),
        pytest.param("absent", HOUR_S, WINDOW_S, WINDOW_S * JITTER, marks=pytest.mark.long),
        pytest.param("negative", HOUR_S, WINDOW_S, WINDOW_S * JITTER, marks=pytest.mark.long),
        pytest.param(
            "seconds", 10 * 24 * HOUR_S, LONGEST_S, LONGEST_S + 60, marks=pytest.mark.long
        ),
    ],
)
def test_f19_every_form_of_a_wait_is_kept_and_can_be_cancelled(
    world: World, form: str, seconds: int, least_s: float, most_s: float
) -> None:
    web = world.web()
    world.worker()
    operation = refused(world, web, form, seconds)
    assert least_s <= wait_s(world, operation) <= most_s
    nobody_calls(world)

    begun = time.monotonic()
    answer = web.post(f"/syncs/{operation['id']}/cancel/", "admin")
    assert time.monotonic() - begun < CANCEL_LIMIT_S
    assert answer["operation"]["state"] == "cancelled"
    nobody_calls(world)
    assert ends() == ["cancelled"]
