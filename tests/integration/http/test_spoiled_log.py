"""Whoever asks for what somebody has made unreadable is told so, and gets everything else."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from syncengine import log, triggers
from syncengine.models import SyncEvent, SyncOperation
from tests.accounts import client
from tests.histories import FIRST, write_history
from tests.integration.http.answers import HTML, JSON, error
from tests.tampering import UNREADABLE, drop_triggers, on_postgresql, raw, rewrite


@pytest.fixture(autouse=True)
def history(database: str) -> Iterator[int]:
    yield write_history()
    connections.close_all()


@pytest.fixture
def admin() -> Client:
    return client("superuser")


def spoil(data: str, **which: Any) -> int:
    """Put other data into the first of these events; returns its position."""
    position: int = SyncEvent.objects.filter(**which).order_by("position")[0].pk
    rewrite(position, data)
    return position


def is_told(answer: Any) -> None:
    assert (answer.status_code, error(answer)["code"]) == (409, "log-does-not-hold")


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_program_that_reads_the_log_is_told_and_can_go_on_behind(
    admin: Client, history: int, data: str
) -> None:
    position = spoil(data, kind="started")
    is_told(admin.get("/api/events"))
    behind = admin.get("/api/events", {"after": position})
    assert behind.status_code == 200
    assert [event["position"] for event in behind.json()["events"]] == [
        *range(position + 1, history + 1)
    ]


@pytest.mark.skipif(on_postgresql(), reason="PostgreSQL does not store it")
def test_bytes_that_are_no_text_are_no_outage(admin: Client) -> None:
    position = spoil("{}", kind="started")
    drop_triggers()
    raw(
        f"UPDATE {triggers.TABLE} SET data = CAST(x'80' AS TEXT) WHERE position = %s",
        position,
    )
    triggers.install()
    is_told(admin.get("/api/events"))


@pytest.mark.parametrize("data", ["{not json", "[]", "{}"])
def test_an_album_whose_life_cannot_be_read_is_told_to_auditors_alone(
    admin: Client, data: str
) -> None:
    spoil(data, album=FIRST)
    answer = admin.get(f"/albums/{FIRST}/", headers=HTML)
    assert answer.status_code == 409
    assert "cannot be read any more" in answer.content.decode()
    assert client("viewer").get(f"/albums/{FIRST}/", headers=HTML).status_code == 200


def test_syncs_whose_failures_cannot_be_read_are_not_compared(admin: Client) -> None:
    earlier, later = SyncOperation.objects.order_by("first_position")[:2]
    address = f"/syncs/compare/?a={earlier.pk}&b={later.pk}"
    assert admin.get(address, headers=JSON).status_code == 200
    spoil("{not json", kind="album-failed")
    is_told(admin.get(address, headers=JSON))


def test_what_cannot_be_read_is_not_tried_again(admin: Client) -> None:
    failed = SyncEvent.objects.filter(kind="album-failed").order_by("position")[0].operation
    before = log.head().position
    spoil("{}", kind="album-failed")
    is_told(admin.post(f"/syncs/{failed}/retry/", headers=JSON))
    assert log.head().position == before
