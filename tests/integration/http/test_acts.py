"""Starting, cancelling, retrying and confirming by HTTP: answers for programs and for forms."""

import uuid
from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import Client

from syncengine import log, operations
from tests.accounts import client
from tests.demo import Demo
from tests.integration.http.answers import JSON, error
from tests.sheets import BLUE, BLUE_ID, DUMMY, LINKED
from tests.syncing import current_operation, ends, events, explained, in_catalog, work_off

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def admin(database: str) -> Iterator[Client]:
    yield client("admin")
    connections.close_all()


def test_a_program_gets_the_operation_that_it_started(admin: Client) -> None:
    answer = admin.post("/syncs/", headers=JSON)
    assert answer.status_code == 202
    assert answer.json() == {"operation": current_operation()}
    assert answer.json()["operation"]["state"] == "pending"


def test_a_form_goes_back_to_the_catalog(admin: Client) -> None:
    answer = admin.post("/syncs/", headers=HTML)
    assert (answer.status_code, answer["Location"]) == (303, "/")


def test_a_second_start_gets_the_first_operation(admin: Client) -> None:
    first = admin.post("/syncs/", headers=JSON).json()
    before = log.current_status()
    answer = admin.post("/syncs/", headers=JSON)
    assert (answer.status_code, answer.json()) == (409, first)
    assert admin.post("/syncs/", headers=HTML).status_code == 303
    assert log.current_status() == before


@pytest.mark.parametrize(
    "form",
    [
        {"mode": "everything"},
        {"mode": "retry"},
        {"mode": "full", "keys": "name:1"},
        {"confirm": "not a hash"},
        {"mode": "retry", "keys": ",".join(f"name:{number}" for number in range(501))},
        {"mode": "retry", "keys": "x" * 501},
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused(admin: Client, form: dict[str, str]) -> None:
    answer = admin.post("/syncs/", form, headers=JSON)
    assert answer.status_code == 400
    error(answer)
    assert current_operation() is None


def test_a_person_gets_the_refusal_as_a_page(admin: Client) -> None:
    answer = admin.post("/syncs/", {"mode": "everything"}, headers=HTML)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")
    assert "everything" in answer.content.decode()


def test_the_mode_is_what_was_asked_for(admin: Client) -> None:
    assert admin.post("/syncs/", {"mode": "refresh"}, headers=JSON).json()["operation"]["mode"] == (
        "refresh"
    )


def test_cancelling_ends_a_pending_sync(admin: Client) -> None:
    operation = admin.post("/syncs/", headers=JSON).json()["operation"]
    answer = admin.post(f"/syncs/{operation['id']}/cancel/", headers=JSON)
    assert (answer.status_code, answer.json()["operation"]["state"]) == (202, "cancelled")
    again = admin.post(f"/syncs/{operation['id']}/cancel/", headers=JSON)
    assert again.json() == answer.json()
    assert ends() == ["cancelled"]


@pytest.mark.parametrize("act", ["cancel", "retry", "confirm"])
def test_an_id_that_nobody_knows_is_not_found(admin: Client, act: str) -> None:
    answer = admin.post(f"/syncs/{uuid.uuid4()}/{act}/", headers=JSON)
    assert answer.status_code == 404
    assert error(answer)["code"] == "unknown-sync"
    assert admin.post(f"/syncs/nonsense/{act}/", headers=JSON).status_code == 404


def test_retrying_is_about_the_rows_that_failed(admin: Client, demo: Demo) -> None:
    demo.sheet(BLUE, DUMMY)
    demo.behave(failing_albums=[BLUE_ID])
    operation = admin.post("/syncs/", headers=JSON).json()["operation"]
    work_off()
    demo.behave(failing_albums=[])
    with explained():
        answer = admin.post(f"/syncs/{operation['id']}/retry/", headers=JSON)
        assert answer.status_code == 202
        work_off()
    (asked,) = events("requested")
    assert asked.data["trigger"] == "retry"
    assert asked.data["scope"]["keys"] == [f"spotify:{BLUE_ID}"]
    assert (current_operation()["total"], current_operation()["synced"]) == (1, 1)


def test_a_sync_without_failures_has_nothing_to_retry(admin: Client, demo: Demo) -> None:
    demo.sheet(*LINKED)
    operation = admin.post("/syncs/", headers=JSON).json()["operation"]
    work_off()
    answer = admin.post(f"/syncs/{operation['id']}/retry/", headers=JSON)
    assert (answer.status_code, error(answer)["code"]) == (400, "nothing-failed")
    answer = admin.post(f"/syncs/{operation['id']}/confirm/", headers=JSON)
    assert (answer.status_code, error(answer)["code"]) == (400, "nothing-to-confirm")


def test_confirming_takes_the_sheet_that_was_refused(admin: Client, demo: Demo) -> None:
    demo.sheet(*LINKED)
    admin.post("/syncs/", headers=JSON)
    work_off()
    demo.sheet(BLUE)
    operation = admin.post("/syncs/", headers=JSON).json()["operation"]
    work_off()
    assert ends() == ["failed"]
    with explained():
        answer = admin.post(f"/syncs/{operation['id']}/confirm/", headers=JSON)
        assert answer.status_code == 202
        work_off()
    assert current_operation()["state"] == "completed"
    assert in_catalog() == {"Blue"}


@pytest.fixture
def refused(admin: Client, demo: Demo) -> str:
    """The page of a sync whose sheet would archive four of five albums."""
    demo.sheet(*LINKED)
    admin.post("/syncs/", headers=JSON)
    work_off()
    demo.sheet(BLUE)
    admin.post("/syncs/", headers=JSON)
    work_off()
    return f"/syncs/{current_operation()['id']}/"


def test_all_that_would_be_archived_can_be_read_before_it_is_confirmed(
    admin: Client, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontend.sync_page.WOULD_ARCHIVE_PER_PAGE", 3)
    pages = [admin.get(f"{refused}?archive={number}").content.decode() for number in (1, 2)]
    titles = in_catalog() - {"Blue"}
    assert sum(">Blue<" in page for page in pages) == 0
    assert [sum(f">{title}<" in page for title in titles) for page in pages] == [3, 1]
    assert all("Archive these 4 albums" in page for page in pages)
    assert 'href="?archive=2#archive"' in pages[0]


def test_who_may_not_confirm_sees_what_would_go_without_a_button(refused: str) -> None:
    page = client("auditor").get(refused).content.decode()
    assert "Would be archived" in page and "Rumours" in page
    assert "Archive these" not in page and "/confirm/" not in page


def test_a_refusal_that_is_history_cannot_be_confirmed_by_its_page(
    admin: Client, refused: str
) -> None:
    admin.post("/syncs/", headers=JSON)
    work_off()
    assert "Archive these" not in admin.get(refused).content.decode()
    assert "Archive these" in admin.get(f"/syncs/{current_operation()['id']}/").content.decode()


def test_a_sync_names_on_its_page_what_can_be_tried_again(admin: Client, demo: Demo) -> None:
    demo.sheet(BLUE, DUMMY)
    demo.behave(failing_albums=[BLUE_ID])
    admin.post("/syncs/", headers=JSON)
    work_off()
    path = f"/syncs/{current_operation()['id']}/"
    page = admin.get(path).content.decode()
    assert "Retry failed (1)" in page and "Row 2" in page
    assert admin.post(f"{path}retry/", headers=HTML).status_code == 303
    work_off()
    assert "Retry failed" not in admin.get(path).content.decode()


def test_a_start_is_a_post(admin: Client) -> None:
    operation = operations.start("ann", "button")
    for act in ("cancel", "retry", "confirm"):
        assert admin.get(f"/syncs/{operation['id']}/{act}/").status_code == 405
    assert admin.put("/syncs/").status_code == 405
    assert ends() == []
