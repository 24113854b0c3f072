"""The log that the figures are taken on is one that the product could have written."""

import pytest

from albums.models import Album
from syncengine import checkpoints, log, rebuild
from syncengine.acts import record
from syncengine.events import validated
from syncengine.models import SyncEvent, SyncOperation
from syncengine.verify import verify
from tests.benchmarks.long_log import EVENTS_A_SYNC, LongLog


@pytest.fixture
def grown(database: str) -> int:
    """A log that grew, was exported from, and grew again; where it ends."""
    long = LongLog()
    long.grow(2 * EVENTS_A_SYNC)
    record("exported", "eve", "events of the log", {}, {"events": 400})
    long.grow(5 * EVENTS_A_SYNC)
    checkpoints.record()
    return log.head().position


def test_it_holds(grown: int) -> None:
    report = verify()
    assert report.is_sound, report.problems
    assert report.holds_to == grown


def test_every_projection_is_what_the_log_says(grown: int) -> None:
    assert list(rebuild.differences()) == []
    assert Album.objects.exists()
    assert SyncOperation.objects.count() == 5


def test_every_event_is_one_that_the_log_takes(grown: int) -> None:
    for row in SyncEvent.objects.order_by("position"):
        event = row.as_event()
        assert validated(event.kind, event.data, event.operation) == (1, row.data)


def test_it_has_every_outcome(grown: int) -> None:
    kinds = set(SyncEvent.objects.values_list("kind", flat=True))
    assert {"album-synced", "albums-unchanged", "album-failed", "completed"} < kinds
    outcomes = {
        row.as_event().data["outcome"] for row in SyncEvent.objects.filter(kind="album-synced")
    }
    assert outcomes == {"added", "updated", "unchanged"}
