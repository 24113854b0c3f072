"""An album's life as the log tells it: who failed how long, and what healed it."""

from collections.abc import Iterator

import pytest
from django.db import connections

from syncengine import biography as biographies
from syncengine.biography import FailingRun, biography
from tests.lives import BLUE, DUMMY, failed, fields, left_alone, removed, sync, synced


@pytest.fixture(autouse=True)
def own_database(database: str) -> Iterator[None]:
    yield
    connections.close_all()


def add(at: str = "2026-11-01 12:00") -> str:
    return sync(at, synced(BLUE, None, fields()), synced(DUMMY, None, fields("Dummy"), row=3))


def failing() -> FailingRun | None:
    return biography(BLUE).failing


def the_run() -> FailingRun:
    runs = {entry.run for entry in biography(BLUE).entries if entry.run}
    assert len(runs) == 1
    run = runs.pop()
    assert run is not None
    return run


def test_each_event_comes_with_its_sync_and_who_asked_for_it() -> None:
    first = add()
    second = sync("2026-11-02 12:00", synced(BLUE, fields(), fields(year=1971), row=9), by="bob")
    newest, oldest = biography(BLUE).entries
    assert (newest.step.operation, newest.asked_by, newest.data["row"]) == (second, "bob", 9)
    assert newest.data["changes"] == {"year": [None, 1971]}
    assert (oldest.step.operation, oldest.asked_by) == (first, "ann")
    assert f"{newest.step.at:%Y-%m-%d %H:%M}" == "2026-11-02 12:00"


def test_an_album_fails_since_its_first_failure_in_a_row() -> None:
    add()
    for day in range(3, 9):
        sync(f"2026-11-0{day} 12:00", failed(BLUE), left_alone(DUMMY))
    run = failing()
    assert run is not None
    assert (run.syncs, run.first.at.day, run.last.at.day) == (6, 3, 8)
    assert biography(DUMMY).failing is None


def test_a_sync_that_never_came_to_the_album_heals_nothing() -> None:
    add()
    sync("2026-11-02 12:00", failed(BLUE))
    sync("2026-11-03 12:00", left_alone(DUMMY))
    sync("2026-11-04 12:00", failed(BLUE))
    sync("2026-11-05 12:00", left_alone(DUMMY))
    run = failing()
    assert run is not None and run.syncs == 2


def test_a_later_success_heals_it() -> None:
    add()
    sync("2026-11-02 12:00", failed(BLUE))
    healing = sync("2026-11-03 12:00", synced(BLUE, fields(), fields(year=1971)))
    assert failing() is None
    run = the_run()
    assert run.is_healed and run.end is not None and run.end.operation == healing


def test_being_left_alone_later_heals_it() -> None:
    add()
    sync("2026-11-02 12:00", failed(BLUE))
    healing = sync("2026-11-03 12:00", left_alone(DUMMY, BLUE))
    sync("2026-11-04 12:00", left_alone(BLUE))
    assert failing() is None
    run = the_run()
    assert run.is_healed and run.end is not None
    assert (run.end.operation, run.end.kind) == (healing, "albums-unchanged")


def test_being_left_alone_between_two_failures_parts_them() -> None:
    add()
    sync("2026-11-02 12:00", failed(BLUE))
    sync("2026-11-03 12:00", left_alone(BLUE))
    sync("2026-11-04 12:00", failed(BLUE))
    run = failing()
    assert run is not None and (run.syncs, run.first.at.day) == (1, 4)


def test_the_same_sync_s_other_albums_left_alone_heal_nothing() -> None:
    add()
    sync("2026-11-02 12:00", left_alone(DUMMY), failed(BLUE))
    assert failing() is not None


def test_an_archived_album_fails_no_more_but_was_not_healed() -> None:
    add()
    sync("2026-11-02 12:00", failed(BLUE))
    sync("2026-11-03 12:00", removed(BLUE))
    assert failing() is None
    assert not the_run().is_healed


def test_the_failures_of_its_row_before_it_was_added_belong_to_it() -> None:
    key = "spotify:7KLBS95TyYnZFtLcbVwJWY"
    sync("2026-10-30 12:00", failed(None, key=key), failed(None, "Other", key="name:other"))
    # Another id, although SQLite's search takes it for the same.
    sync("2026-10-31 12:00", failed(None, key=key), failed(None, "Other", key=key.lower()))
    sync("2026-11-01 12:00", synced(BLUE, None, fields(), key=key))
    life = biography(BLUE)
    assert [entry.step.kind for entry in life.entries] == [
        "album-synced",
        "album-failed",
        "album-failed",
    ]
    run = the_run()
    assert (run.syncs, run.first.at.day, run.is_healed) == (2, 30, True)


def test_a_long_life_is_read_in_pages() -> None:
    add()
    old = fields()
    for year in range(1950, 1960):
        new = fields(year=year)
        sync("2026-11-02 12:00", synced(BLUE, old, new))
        old = new
    positions: list[int] = []
    before: int | None = None
    while True:
        page = biography(BLUE, before, limit=4)
        positions += [entry.step.position for entry in page.entries]
        if page.older is None:
            break
        before = page.older
    assert len(positions) == 11
    assert positions == sorted(set(positions), reverse=True)
    assert not biography(BLUE, before=1).entries


def test_a_run_is_whole_whichever_page_shows_it() -> None:
    add()
    for day in range(3, 9):
        sync(f"2026-11-0{day} 12:00", failed(BLUE))
    page = biography(BLUE, limit=2)
    assert page.older is not None
    for entry in (*page.entries, *biography(BLUE, page.older, limit=2).entries):
        assert entry.run is not None and entry.run.syncs == 6


def test_an_album_that_the_log_does_not_know_has_no_life() -> None:
    assert biography(BLUE).entries == []


def test_many_gaps_cost_a_bounded_number_of_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(biographies, "MAX_GAPS", 2)
    add()
    for day in range(1, 6):
        sync(f"2026-11-0{day} 13:00", failed(BLUE))
        sync(f"2026-11-0{day} 14:00", left_alone(BLUE))
    run = failing()
    assert run is None
