"""An album's biography on its page, for those who may read the history."""

from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import Client

from tests.accounts import client
from tests.lives import BLUE, failed, fields, left_alone, moment, removed, sync, synced

PATH = f"/albums/{BLUE}/"
FETCHED = "2026-11-01T12:00:00.000000Z"


@pytest.fixture
def auditor(database: str) -> Iterator[Client]:
    sync("2026-11-01 12:00", synced(BLUE, None, fields(label="Reprise", fetched_at=FETCHED)))
    yield client("auditor")
    connections.close_all()


def text_of(auditor: Client, query: str = "") -> str:
    answer = auditor.get(PATH + query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_change_is_told_with_old_new_sync_row_person_and_moment(auditor: Client) -> None:
    operation = sync(
        "2026-11-03 14:02",
        synced(BLUE, fields(label="Reprise", year=1970), fields(year=1971), row=12),
        by="bob",
    )
    text = text_of(auditor)
    assert "1970</del>" in text and "1971</ins>" in text
    assert "Reprise</del>" in text  # to nothing
    assert '<span class="visually-hidden">is now </span>nothing' in text
    assert f"/syncs/{operation}/?at=" in text
    assert "Row 12 of the sheet" in text and "asked for by bob" in text
    assert moment("2026-11-03 14:02").isoformat() in text


def test_an_added_album_has_every_field_from_nothing(auditor: Client) -> None:
    text = text_of(auditor)
    assert '<span class="visually-hidden">was </span>nothing' in text
    assert "Reprise</ins>" in text and "Joni Mitchell</ins>" in text
    assert "Fetched" in text


def test_failures_tell_their_age_and_their_reason(auditor: Client) -> None:
    for day in range(3, 9):
        sync(f"2026-11-0{day} 12:00", failed(BLUE, message="Spotify has no such album."))
    text = text_of(auditor)
    assert "Failing for 6 syncs, since 3 November 2026" in text
    assert text.count("Spotify has no such album.") == 1  # said once, where it stays the same
    assert text.count("asked for by ann") == 7


def test_another_reason_is_said_anew(auditor: Client) -> None:
    for day, message in ((3, "First."), (4, "Second."), (5, "Second.")):
        sync(f"2026-11-0{day} 12:00", failed(BLUE, message=message))
    text = text_of(auditor)
    assert (text.count("First."), text.count("Second.")) == (1, 1)


def test_what_healed_it_is_named(auditor: Client) -> None:
    sync("2026-11-02 12:00", failed(BLUE))
    sync("2026-11-03 12:00", failed(BLUE))
    healing = sync("2026-11-04 12:00", synced(BLUE, fields(), fields(year=1971)))
    text = text_of(auditor)
    assert "Failing for" not in text
    assert "Failed in 2 syncs in a row, from 2 November 2026 to 3 November 2026" in text
    assert f'Healed by <a href="/syncs/{healing}/' in text


def test_healed_by_being_left_alone(auditor: Client) -> None:
    sync("2026-11-02 12:00", failed(BLUE))
    sync("2026-11-03 12:00", left_alone(BLUE))
    text = text_of(auditor)
    assert "Failed in 1 sync, on 2 November 2026" in text
    assert "found its row as it was before" in text


def test_ended_by_leaving_the_sheet(auditor: Client) -> None:
    sync("2026-11-02 12:00", failed(BLUE))
    sync("2026-11-03 12:00", removed(BLUE))
    text = text_of(auditor)
    assert "Healed" not in text
    assert "Ended by" in text and "Archived: its row left the sheet" in text


def test_looks_that_changed_nothing_are_one_chapter(auditor: Client) -> None:
    for day in range(3, 6):
        old, new = (fields(fetched_at=FETCHED.replace("01T", f"0{n}T")) for n in (day, day + 1))
        sync(f"2026-11-0{day} 12:00", synced(BLUE, old, new))
    assert "Fetched again 3 times, nothing changed" in text_of(auditor)


def test_a_viewer_sees_the_album_and_is_told_whose_its_history_is(auditor: Client) -> None:
    answer = client("viewer").get(PATH + "?before=1")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Auditors and admins also see its history here." in text
    assert "asked for by" not in text and 'id="history"' not in text


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "٣", "9" * 30, "<b>"])
def test_a_position_that_is_none_is_refused(auditor: Client, before: str) -> None:
    answer = auditor.get(PATH, {"before": before})
    assert answer.status_code == 400
    assert "is no position in the log" in answer.content.decode()


def test_before_the_first_event_nothing_is_older(auditor: Client) -> None:
    assert "Nothing older is recorded." in text_of(auditor, "?before=1")


def test_a_long_life_has_a_link_to_what_is_older(auditor: Client) -> None:
    old = fields()
    for year in range(1900, 1955):
        new = fields(year=year)
        sync("2026-11-02 12:00", synced(BLUE, old, new))
        old = new
    first = text_of(auditor)
    assert "1954</ins>" in first and "1903</ins>" not in first
    older = first.partition("?before=")[2].partition("#")[0]
    second = text_of(auditor, f"?before={older}")
    assert "1903</ins>" in second and "1954</ins>" not in second
    assert "Older history" not in second
