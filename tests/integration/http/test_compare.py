"""Two syncs compared: what fails anew, still and no more, and what changed."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from syncengine.models import SyncOperation
from tests.accounts import client
from tests.lives import BLUE, DUMMY, Event, failed, fields, left_alone, removed, sync, synced


@pytest.fixture
def auditor(database: str) -> Iterator[Client]:
    yield client("auditor")
    connections.close_all()


def compared(auditor: Client, earlier: str, later: str, **query: Any) -> dict[str, list[Any]]:
    """The titles in each part that has any."""
    answer = auditor.get("/syncs/compare/", {"a": earlier, "b": later, **query})
    assert answer.status_code == 200
    return {
        part["name"]: [item["title"] for item in part["shown"]] for part in answer.context["shown"]
    }


def pair(first: list[Event], second: list[Event]) -> tuple[str, str]:
    return sync("2026-11-01 12:00", *first), sync("2026-11-02 12:00", *second, by="bob")


def test_failures_are_new_or_old_or_healed(auditor: Client) -> None:
    sync("2026-10-31 12:00", synced(BLUE, None, fields()))
    first, second = pair(
        [failed(BLUE), failed(None, "Stays", key="k1", row=5), failed(None, "Gone", key="k2")],
        [
            synced(BLUE, fields(), fields(year=1971)),
            failed(None, "Stays", key="k1", row=6),
            failed(None, "Fresh", key="k3", row=9),
        ],
    )
    assert compared(auditor, first, second) == {
        "newly-failing": ["Fresh"],
        "still-failing": ["Stays"],
        "healed": ["Blue"],
        "untouched": ["Gone"],
        "changed": ["Blue"],
    }


def test_an_album_is_healed_however_it_was_synced(auditor: Client) -> None:
    sync("2026-10-31 12:00", synced(BLUE, None, fields()))
    first, second = pair(
        [failed(BLUE), failed(None, "New", key="k1", row=8)],
        [left_alone(BLUE), synced(DUMMY, None, fields("New"), key="k1", row=9)],
    )
    assert compared(auditor, first, second) == {"healed": ["Blue", "New"], "added": ["New"]}


def test_a_corrected_row_is_found_by_its_place(auditor: Client) -> None:
    first, second = pair(
        [failed(None, "Hejria", key="k1", row=8), failed(None, "Court", key="k2", row=9)],
        [
            synced(DUMMY, None, fields("Hejira"), key="k3", row=8),
            failed(None, "Court & Sparks", key="k4", row=9),
        ],
    )
    assert compared(auditor, first, second) == {
        "still-failing": ["Court & Sparks"],
        "healed": ["Hejria"],
        "added": ["Hejira"],
    }


def test_a_row_that_only_moved_to_the_place_of_another_heals_nothing(auditor: Client) -> None:
    sync("2026-10-31 12:00", synced(BLUE, None, fields(), row=9))
    first, second = pair(
        [failed(None, "Hejira", key="k1", row=8)],
        [synced(BLUE, fields(), fields(year=1971), row=8)],
    )
    assert compared(auditor, first, second) == {"untouched": ["Hejira"], "changed": ["Blue"]}


def test_the_catalogs_are_compared_with_whatever_lies_between(auditor: Client) -> None:
    first = sync("2026-11-01 12:00", synced(BLUE, None, fields()))
    sync("2026-11-02 12:00", synced(DUMMY, None, fields("Dummy")))
    sync("2026-11-03 12:00", synced(BLUE, fields(), fields(year=1971)))
    last = sync("2026-11-04 12:00", removed(BLUE))
    assert compared(auditor, first, last) == {"added": ["Dummy"], "archived": ["Blue"]}
    text = auditor.get("/syncs/compare/", {"a": first, "b": last}).content.decode()
    assert "2 syncs lie between them" in text


def test_the_older_one_is_the_earlier_one_however_they_are_given(auditor: Client) -> None:
    first, second = pair([failed(None, "A", key="k1")], [failed(None, "B", key="k2", row=7)])
    assert compared(auditor, second, first) == compared(auditor, first, second)
    assert compared(auditor, first, second)["newly-failing"] == ["B"]


def test_counts_come_first_and_each_part_alone_has_pages(auditor: Client) -> None:
    many = [failed(None, f"Row {n:03}", key=f"k{n}", row=n) for n in range(1, 131)]
    first, second = pair([], many)
    address = f"/syncs/compare/?a={first}&b={second}"
    text = auditor.get(address).content.decode()
    assert text.count("Its event") == 20
    assert "All 130" in text and text.index("Newly failing") < text.index("Row 001")
    alone = auditor.get(f"{address}&only=newly-failing").content.decode()
    assert alone.count("Its event") == 100
    rest = auditor.get(f"{address}&only=newly-failing&page=2").content.decode()
    assert rest.count("Its event") == 30 and "Row 130" in rest
    for wrong in ("only=nonsense", "only=newly-failing&page=x", "only=newly-failing&page=3"):
        assert auditor.get(f"{address}&{wrong}").status_code in (400, 404)


def test_syncs_that_do_not_differ_say_so(auditor: Client) -> None:
    first, second = pair([], [])
    text = auditor.get("/syncs/compare/", {"a": first, "b": second}).content.decode()
    assert "They do not differ" in text
    alone = auditor.get("/syncs/compare/", {"a": first, "b": second, "only": "healed"})
    assert "There is nothing in this part." in alone.content.decode()


def test_ids_that_are_none_are_refused(auditor: Client) -> None:
    first, second = pair([], [])
    for query in (
        "",
        f"?a={first}",
        f"?b={first}",
        f"?a={first}&b=x",
        f"?a={first}&b={second[:-1]}",
    ):
        answer = auditor.get(f"/syncs/compare/{query}")
        assert (answer.status_code, "is not the id of one sync" in answer.content.decode()) == (
            400,
            True,
        )
    assert auditor.get(f"/syncs/compare/?a={first}&b={second}&b={first}").status_code == 400


def test_equal_unknown_and_unfinished_syncs_have_clear_pages(auditor: Client) -> None:
    first, _ = pair([], [])
    unfinished = sync("2026-11-03 12:00", end="")
    for other, status, words in (
        (first, 400, "the same sync twice"),
        (first.upper(), 400, "the same sync twice"),
        (str(uuid.uuid4()), 404, "There is no such sync."),
        (unfinished, 409, "has not ended"),
    ):
        answer = auditor.get("/syncs/compare/", {"a": first, "b": other})
        assert (answer.status_code, words in answer.content.decode()) == (status, True)


def test_the_page_of_a_sync_leads_to_the_comparison_with_the_one_before(auditor: Client) -> None:
    first, second = pair([], [])
    link = f"/syncs/compare/?a={first}&amp;b={second}"
    assert link in auditor.get(f"/syncs/{second}/").content.decode()
    for sync_ in (first, sync("2026-11-03 12:00", end="")):
        assert "Compare with" not in auditor.get(f"/syncs/{sync_}/").content.decode()


@pytest.mark.parametrize(("role", "status"), [("nobody", 302), ("viewer", 403), ("admin", 200)])
def test_only_those_who_may_read_the_history_compare(database: str, role: str, status: int) -> None:
    first, second = pair([], [])
    answer = client(role).get("/syncs/compare/", {"a": first, "b": second})
    assert answer.status_code == status
    assert SyncOperation.objects.count() == 2
    connections.close_all()
