"""The status at any position of a sync is what the fold of the whole log says, without it."""

from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings

from syncengine import log, replay
from syncengine.events import Event
from syncengine.models import SyncEvent, SyncOperation
from syncengine.projection import Status, apply, empty, fold
from tests.databases import Databases
from tests.demo import Demo
from tests.lives import BLUE, failed, fields, sync, synced
from tests.logs import event_logs
from tests.sheets import LINKED, UNKNOWN
from tests.syncing import sync_now
from tests.tampering import drop_triggers


def folded() -> list[Status]:
    """The status after each event of the log, from the first one on."""
    statuses = [empty(log.head().log_id)]
    for event in log.events_after(0, 100_000):
        statuses.append(apply(statuses[-1], event))
    return statuses


def must_agree() -> None:
    """At every position of every sync."""
    statuses = folded()
    for operation in SyncOperation.objects.all():
        found = replay.find(str(operation.pk))
        assert found is not None
        before = statuses[found.first - 1]
        assert replay.status_before(found) == before | {"operation": None}
        for position in range(found.first, found.last + 1):
            assert replay.status_at(found, position) == statuses[position], position
        events = log.events_after(found.first - 1, found.events)
        assert fold(events, replay.status_before(found)) == statuses[found.last]


@settings(max_examples=25)
@given(generated=event_logs(max_operations=2))
def test_of_any_log_with_clocks_that_jump(
    databases: Databases, django_db_blocker: Any, generated: list[Event]
) -> None:
    clock = datetime.fromisoformat("2026-11-22T00:00:00Z")
    with (
        django_db_blocker.unblock(),
        databases.fresh(),
        patch("django.utils.timezone.now", lambda: clock),
    ):
        for first in range(0, len(generated), 50):
            with log.appending() as appender:
                for event in generated[first : first + 50]:
                    clock = datetime.fromisoformat(event.at)
                    appender.append(event.kind, event.data, event.operation)
        must_agree()


def test_of_real_syncs(database: str, demo: Demo) -> None:
    demo.sheet(*LINKED, UNKNOWN)
    sync_now()
    demo.sheet(*(row.replace("Rock", "Jazz") for row in LINKED[:4]))
    sync_now(mode="refresh")
    demo.behave(sheet="hidden")
    sync_now()
    must_agree()


def test_a_retry_does_not_count_as_a_sync_of_the_catalog(database: str, demo: Demo) -> None:
    demo.sheet(*LINKED[:2], UNKNOWN)
    first = sync_now()
    key = first["failures"][0]["key"]
    sync_now(trigger="retry", mode="retry", keys=[key])
    newest = sync_now()
    found = replay.find(newest["id"])
    assert found is not None
    assert replay.status_before(found)["last_synced_at"] == first["finished_at"]
    must_agree()


def test_an_unfinished_sync_ends_at_its_newest_event(database: str) -> None:
    unfinished = sync("2026-11-01 12:00", synced(BLUE, None, fields()), failed(None), end="")
    found = replay.find(unfinished)
    assert found is not None
    assert (found.ended, found.last) == (False, log.head().position)
    must_agree()


def test_there_is_none_of_a_sync_that_never_was(database: str) -> None:
    assert replay.find("0b7e6d5c-4a39-4281-9706-f5e4d3c2b1a0") is None


def test_a_hole_in_the_log_is_no_event(database: str) -> None:
    operation = sync("2026-11-01 12:00", synced(BLUE, None, fields()))
    found = replay.find(operation)
    assert found is not None
    drop_triggers()
    SyncEvent.objects.filter(position=found.first + 2).delete()
    with pytest.raises(replay.NoSuchEvent):
        replay.status_at(found, found.first + 2)


def test_a_late_position_costs_no_more_reads_than_an_early_one(database: str) -> None:
    albums = [failed(None, f"Album {number}", row=number + 2) for number in range(300)]
    found = replay.find(sync("2026-11-01 12:00", *albums))
    assert found is not None

    def queries(position: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            replay.status_at(found, position)
        return len(captured)

    assert queries(found.first + 10) == queries(found.last - 1)
