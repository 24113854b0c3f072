"""What programs read: the status, the log in pages, and whether the process is well."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client

from syncengine import log, presence
from syncengine.events import Event
from syncengine.projection import empty, fold
from tests.accounts import client
from tests.demo import Demo
from tests.sheets import LINKED
from tests.syncing import sync_now


@pytest.fixture
def auditor(database: str) -> Iterator[Client]:
    yield client("auditor")
    connections.close_all()


@pytest.fixture
def synced(auditor: Client, demo: Demo) -> int:
    """A log with one sync; returns its length."""
    demo.sheet(*LINKED)
    sync_now()
    return log.head().position


def page(auditor: Client, **query: Any) -> dict[str, Any]:
    answer = auditor.get("/api/events", query)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_the_status_is_the_fold_of_the_log(auditor: Client, synced: int) -> None:
    assert auditor.get("/api/status").json() == log.current_status()


def test_an_empty_log_has_a_status_too(auditor: Client) -> None:
    status = auditor.get("/api/status").json()
    assert (status["position"], status["operation"], status["last_synced_at"]) == (0, None, None)


def test_the_log_is_read_in_pages_and_folds_to_the_status(auditor: Client, synced: int) -> None:
    status, position = empty(log.head().log_id), 0
    while position < synced:
        found = page(auditor, after=position, limit=4)
        assert 1 <= len(found["events"]) <= 4
        status = fold((Event(**event) for event in found["events"]), status)
        position = found["events"][-1]["position"]
    assert status == log.current_status()


def test_each_page_names_the_head(auditor: Client, synced: int) -> None:
    head = log.head()
    for after in (0, 5, synced, synced + 10):
        found = page(auditor, after=after)
        assert (found["position"], found["hash"]) == (head.position, head.hash)
        assert len(found["events"]) == max(0, synced - after)


def test_a_page_without_a_place_for_events_has_none(auditor: Client, synced: int) -> None:
    assert page(auditor, limit=0)["events"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"after": "-1"},
        {"after": "x"},
        {"after": ""},
        {"after": "1.5"},
        {"after": "٣"},
        {"after": str(2**53 + 1)},
        {"after": "9" * 400},
        {"limit": "1001"},
        {"limit": "-1"},
        {"limit": "many"},
    ],
)
def test_a_bad_number_is_refused_in_words(auditor: Client, query: dict[str, str]) -> None:
    answer = auditor.get("/api/events", query)
    assert answer.status_code == 400
    assert answer.json()["error"].keys() == {"code", "message", "remedy"}


def test_a_position_far_beyond_the_head_is_an_empty_page(auditor: Client, synced: int) -> None:
    assert page(auditor, after=2**53)["events"] == []


def test_the_process_answers_without_an_account(database: str) -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readiness_tells_of_the_parts(database: str) -> None:
    presence.seen("worker")
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    fields = answer.json()
    assert (fields["database"], fields["sockets"], fields["channel_layer"]) == (True, True, True)
    assert fields["worker_seen_at"] is not None
    connections.close_all()


def test_a_process_whose_database_is_gone_is_not_ready(database: str) -> None:
    @contextmanager
    def gone() -> Iterator[None]:
        def refuse(*args: Any) -> None:
            raise OperationalError("gone")

        with connection.execute_wrapper(refuse):
            yield

    with gone():
        answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)
    assert Client().get("/readyz").status_code == 200
    connections.close_all()
