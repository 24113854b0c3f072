"""Waits that Spotify asks for: short ones are waited out, long ones park the sync."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.demo import Demo
from tests.sheets import LINKED
from tests.syncing import (
    current_operation,
    ends,
    events,
    explained,
    in_catalog,
    outcomes,
    stored_operation,
    work_off,
)

Sync = Callable[..., dict[str, Any]]
HOURS_14_S = 14 * 60 * 60


def test_a_short_wait_is_recorded_waited_out_and_ends_well(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    demo.behave(rate_limit_calls=1, rate_limit_seconds=1)
    operation = sync()
    assert (operation["state"], operation["synced"]) == ("completed", 5)
    waiting, resumed = events("waiting", "resumed")
    assert waiting.data["service"] == "spotify"
    assert waiting.data["reason"] == "rate-limit"
    assert resumed.data["reason"] == "wait-over"
    assert resumed.at >= waiting.data["until"]
    assert waiting.data["until"] >= waiting.at


def test_spotify_is_left_alone_during_a_short_wait(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    demo.behave(rate_limit_calls=1, rate_limit_seconds=1)
    sync()
    first, *others = demo.calls()["arrivals"]
    assert all(arrival - first >= 1 for arrival in others)


@pytest.fixture
def parked(sync: Sync, demo: Demo) -> dict[str, Any]:
    """A sync that a used-up quota has parked for fourteen hours."""
    demo.sheet(*LINKED)
    demo.behave(quota_exceeded=True, quota_seconds=HOURS_14_S)
    return sync()


def test_a_used_up_quota_parks_the_sync_and_holds_no_worker(parked: dict[str, Any]) -> None:
    assert (parked["state"], parked["message"]) == ("waiting", "Waiting for Spotify...")
    (event,) = events("waiting")
    assert (event.data["service"], event.data["reason"]) == ("spotify", "quota")
    until = datetime.fromisoformat(parked["waiting_until"])
    wait_s = (until - datetime.fromisoformat(event.at)).total_seconds()
    assert wait_s == pytest.approx(HOURS_14_S, abs=60)
    assert stored_operation().worker == ""
    assert ends() == []


def test_nobody_is_called_before_the_time(parked: dict[str, Any], demo: Demo) -> None:
    demo.reset_calls()
    work_off()
    work_off()
    assert demo.calls()["total"] == 0
    assert current_operation() == parked


def test_a_parked_sync_goes_on_by_itself_when_it_is_time(
    parked: dict[str, Any], demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.behave(quota_exceeded=False)
    later = timezone.now() + timedelta(hours=15)
    with monkeypatch.context() as patch, explained():
        patch.setattr(timezone, "now", lambda: later)
        work_off()
    assert current_operation()["id"] == parked["id"]
    assert ends() == ["completed"]
    assert [event.data["reason"] for event in events("resumed")] == ["wait-over"]
    assert len(in_catalog()) == 5


def test_what_was_done_before_parking_is_not_done_again(
    sync: Sync, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncengine.tasks.ALBUMS_AT_ONCE", 1)
    demo.sheet(*LINKED)
    # The refused batch call and three albums; then the wall.
    demo.behave(window="4:3000")
    assert sync()["synced"] == 3
    done = set(outcomes())
    demo.behave(window=None)
    demo.reset_calls()
    later = timezone.now() + timedelta(hours=1)
    with monkeypatch.context() as patch, explained():
        patch.setattr(timezone, "now", lambda: later)
        work_off()
    assert len(outcomes()) == current_operation()["total"] == 5
    assert done < set(outcomes())
    assert demo.calls()["by_endpoint"]["GET /v1/albums/{id}"] == {"200": 2}


def test_calls_that_are_under_way_when_it_parks_are_not_wasted(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    # The batch call and the first album are refused at once, while the others are being answered.
    demo.behave(rate_limit_calls=2, rate_limit_seconds=HOURS_14_S, latency_ms=500)
    operation = sync()
    assert (operation["state"], operation["waiting_reason"]) == ("waiting", "rate-limit")
    # One is refused; of the others, every one that was made is answered and stored.
    calls = demo.calls()["by_endpoint"]["GET /v1/albums/{id}"]
    assert calls == {"429": 1, "200": operation["synced"]}
    assert operation["synced"] >= 1


def test_after_a_wait_one_call_finds_out_whether_it_is_over(
    parked: dict[str, Any], demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.reset_calls()
    later = timezone.now() + timedelta(hours=15)
    with monkeypatch.context() as patch, explained():
        patch.setattr(timezone, "now", lambda: later)
        work_off()
    assert current_operation()["state"] == "waiting"
    assert len(demo.calls()["arrivals"]) <= 2  # the batch call may be refused for other reasons


def test_a_sync_that_is_parked_twice_ends_once(
    parked: dict[str, Any], demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in (15, 30):
        later = timezone.now() + timedelta(hours=hours)
        with monkeypatch.context() as patch, explained():
            patch.setattr(timezone, "now", lambda later=later: later)
            work_off()
        demo.behave(quota_exceeded=False)
    assert len(events("waiting")) == 2
    assert ends() == ["completed"]
