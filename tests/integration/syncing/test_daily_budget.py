"""A budget of one's own for calls to Spotify, counted across syncs, workers and restarts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from syncengine import budget
from syncengine.models import SpotifyCalls
from tests.commands import manage
from tests.concurrency import in_processes
from tests.demo import Demo
from tests.sheets import (
    BLUE,
    DARK_SIDE,
    DUMMY,
    HOMOGENIC,
    LINKED,
    REVOLVER,
    RUMOURS,
    TRANSA,
    WEEZER_BLUE,
)
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
DAY_S = 24 * 60 * 60
SEARCHED = [DARK_SIDE, HOMOGENIC, REVOLVER, WEEZER_BLUE]


def api_calls(demo: Demo) -> int:
    """Calls of the Web API; the token comes from another service."""
    by_endpoint = demo.calls()["by_endpoint"]
    return sum(sum(count.values()) for name, count in by_endpoint.items() if "/v1/" in name)


@pytest.fixture
def next_day(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let a worker of the day after the last one work; returns how many calls it made."""
    days = 0

    def pass_a_day() -> int:
        nonlocal days
        days += 1
        demo.reset_calls()
        # A second after midnight, when the stored time has come.
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=2) + timedelta(days=days)
        with monkeypatch.context() as patch, explained():
            patch.setattr(timezone, "now", lambda: midnight)
            work_off()
        return api_calls(demo)

    return pass_a_day


def test_a_used_up_budget_parks_the_sync_until_the_next_day(
    sync: Sync, demo: Demo, settings: LazySettings
) -> None:
    settings.SPOTIFY_DAILY_BUDGET = 4
    demo.sheet(*LINKED)
    operation = sync()
    assert (operation["state"], operation["message"]) == ("waiting", "Waiting for Spotify...")
    (event,) = events("waiting")
    assert (event.data["service"], event.data["reason"]) == ("spotify", "budget")
    until = datetime.fromisoformat(event.data["until"])
    asked = datetime.fromisoformat(event.at)
    midnight = asked.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert timedelta(0) <= until - midnight < timedelta(seconds=60)
    assert stored_operation().worker == ""
    # Exactly four: the batch call that is refused, and three albums.
    assert (api_calls(demo), operation["synced"]) == (4, 3)
    demo.reset_calls()
    work_off()
    assert demo.calls()["total"] == 0


def test_a_catalog_beyond_a_days_budget_becomes_whole_day_by_day(
    sync: Sync, demo: Demo, settings: LazySettings, next_day: Callable[[], int]
) -> None:
    settings.SPOTIFY_DAILY_BUDGET = 5
    demo.sheet(*LINKED, *SEARCHED)
    sync()
    known = [len(outcomes())]
    while not ends():
        assert next_day() <= 5
        known.append(len(outcomes()))
    assert known == [4, 7, 9]
    assert ends() == ["completed"]
    assert current_operation()["added"] == len(in_catalog()) == 9


def test_a_budget_that_pays_for_one_album_a_day_gets_one_album_a_day(
    sync: Sync, demo: Demo, settings: LazySettings, next_day: Callable[[], int]
) -> None:
    """Many albums begun together would spend it on searches, and finish none."""
    settings.SPOTIFY_DAILY_BUDGET = 2
    demo.sheet(*SEARCHED)
    sync()
    for count in (1, 2, 3):
        assert len(outcomes()) == count
        next_day()
    assert ends() == ["completed"]


def test_all_syncs_of_a_day_share_it(sync: Sync, demo: Demo, settings: LazySettings) -> None:
    settings.SPOTIFY_DAILY_BUDGET = 8
    demo.sheet(*LINKED)
    assert sync()["state"] == "completed"
    assert SpotifyCalls.objects.get().calls == 6
    operation = sync(mode="refresh")
    assert (operation["state"], operation["waiting_reason"]) == ("waiting", "budget")
    assert api_calls(demo) == SpotifyCalls.objects.get().calls == 8


def test_what_is_fresh_costs_nothing_of_it(sync: Sync, demo: Demo, settings: LazySettings) -> None:
    settings.SPOTIFY_DAILY_BUDGET = 6
    demo.sheet(*LINKED)
    sync()
    assert (sync()["state"], current_operation()["unchanged"]) == ("completed", 5)


def test_new_rows_come_first_and_then_the_stalest(
    sync: Sync, demo: Demo, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SPOTIFY_MAX_AGE = 30 * DAY_S  # so that those in the catalog keep their age
    ages: list[str] = []
    for days, row in ((4, RUMOURS), (3, DUMMY), (2, BLUE)):
        ages.append(row)
        with monkeypatch.context() as patch:
            then = timezone.now() - timedelta(days=days)
            patch.setattr(timezone, "now", lambda then=then: then)
            demo.sheet(*ages)
            sync()
    monkeypatch.setattr("syncengine.tasks.ALBUMS_AT_ONCE", 1)
    settings.SPOTIFY_MAX_AGE = DAY_S
    settings.SPOTIFY_DAILY_BUDGET = 4
    demo.sheet(BLUE, DUMMY, RUMOURS, TRANSA)
    sync()
    assert list(outcomes()) == ["Transa", "Rumours", "Dummy"]  # and not Blue, of two days ago


def test_no_budget_is_no_limit_and_no_count(sync: Sync, demo: Demo) -> None:
    demo.sheet(*LINKED)
    assert sync()["state"] == "completed"
    assert not SpotifyCalls.objects.exists()


def test_processes_that_reserve_at_once_get_no_more_than_there_is(database: str) -> None:
    script = """
from datetime import date
from syncengine import budget
granted = 0
while calls := budget.reserve(date(2026, 11, 24), 7, 1000).calls:
    granted += calls
print(granted)
"""
    shares = [int(share) for share in in_processes(database, script, 4)]
    assert sum(shares) == SpotifyCalls.objects.get().calls == 1000


def test_a_budget_that_was_lowered_gives_nothing_back(database: str) -> None:
    today = timezone.now().date()
    assert budget.reserve(today, 20, 100) == budget.Grant(20, 80)
    assert budget.reserve(today, 20, 10) == budget.Grant(0, 0)
    assert budget.reserve(today, 20, 30) == budget.Grant(10, 0)


@pytest.mark.parametrize("value", ["-1", "1.5", "many"])
def test_a_budget_that_is_no_number_stops_the_start(value: str) -> None:
    done = manage({"SPOTIFY_DAILY_BUDGET": value}, "check")
    assert done.returncode == 1
    assert f"SPOTIFY_DAILY_BUDGET={value}" in done.stdout + done.stderr
