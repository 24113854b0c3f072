"""The texts of the contract, to the letter, as the fold makes them of events."""

from typing import Any

import pytest
from hypothesis import given

from syncengine.events import Event
from syncengine.projection import empty, fold
from tests.examples import SHEET, example
from tests.logs import Writer, event_logs

UNTIL = "2026-11-23T09:00:00.000000Z"


class Sync(Writer):
    """One sync that a test takes step by step."""

    def __init__(self) -> None:
        super().__init__("0" * 64, [1.0])
        self.begin("ann", "button", "full")

    def stage(self, stage: str, total: int | None = None) -> None:
        self.total = total or 0
        sheet = None if stage == "sheet" else SHEET
        self.write("stage-started", {"stage": stage, "total": total, "sheet": sheet})

    def albums(self, synced: int, failed: int = 0) -> None:
        for number in range(synced):
            self.synced("added", f"album {number}")
        for number in range(failed):
            self.failed(f"album {number}")

    def complete(self) -> None:
        self.write("completed", {"total": self.done, **self.counts})

    def cancel(self, total: int | None) -> None:
        self.write("cancel-requested", {"by": "bob"})
        done = {name: self.counts[name] for name in ("synced", "failed")}
        self.write("cancelled", {"by": "bob", "total": total, **done})

    @property
    def message(self) -> str:
        return str(fold(self.events, empty(self.log_id))["operation"]["message"])


@pytest.fixture
def sync() -> Sync:
    return Sync()


def test_asked_for_and_started(sync: Sync) -> None:
    assert sync.message == "Starting the sync..."
    sync.write("started", {"worker": "w", "attempt": 1})
    assert sync.message == "Starting the sync..."


def test_reading_the_sheet(sync: Sync) -> None:
    sync.stage("sheet")
    assert sync.message == "Fetching albums from Google Sheets..."


def test_asking_spotify(sync: Sync) -> None:
    sync.stage("spotify", 47)
    assert sync.message == "Enriching with Spotify metadata..."


@pytest.mark.parametrize(
    ("synced", "failed", "message"),
    [
        (0, 0, "Syncing album 1 of 47..."),
        (14, 0, "Syncing album 15 of 47..."),
        (10, 4, "Syncing album 15 of 47..."),
        (46, 0, "Syncing album 47 of 47..."),
        (40, 7, "Syncing album 47 of 47..."),
    ],
)
def test_syncing_an_album(sync: Sync, synced: int, failed: int, message: str) -> None:
    sync.stage("albums", 47)
    sync.albums(synced, failed)
    assert sync.message == message


@pytest.mark.parametrize(
    ("service", "message"),
    [
        ("spotify", "Waiting for Spotify..."),
        ("google", "Waiting for Google Sheets..."),
        ("database", "Waiting for storage..."),
    ],
)
def test_waiting_and_going_on(sync: Sync, service: str, message: str) -> None:
    sync.stage("albums", 47)
    sync.albums(14)
    sync.write("waiting", {"until": UNTIL, "service": service, "reason": "quota"})
    assert sync.message == message
    sync.write("resumed", {"worker": "w", "attempt": 2, "reason": "wait-over"})
    assert sync.message == "Syncing album 15 of 47..."


def test_complete(sync: Sync) -> None:
    sync.stage("albums", 47)
    sync.albums(47)
    sync.complete()
    assert sync.message == "Sync complete! Updated 47 albums"


def test_complete_with_one_album(sync: Sync) -> None:
    sync.stage("albums", 1)
    sync.albums(1)
    sync.complete()
    assert sync.message == "Sync complete! Updated 1 album"


def test_unchanged_albums_count_as_updated(sync: Sync) -> None:
    sync.stage("albums", 4)
    sync.albums(2)
    sync.left_alone(2)
    sync.complete()
    assert sync.message == "Sync complete! Updated 4 albums"


def test_complete_without_any_album(sync: Sync) -> None:
    sync.stage("spotify", 0)
    sync.complete()
    assert sync.message == "Sync complete! Updated 0 albums"


def test_completed_with_warnings(sync: Sync) -> None:
    sync.stage("albums", 50)
    sync.albums(45, 5)
    sync.complete()
    assert sync.message == (
        "Sync completed with warnings: 45/50 albums updated successfully. 5 failed."
    )


def test_cancelling_and_cancelled(sync: Sync) -> None:
    sync.stage("albums", 47)
    sync.albums(15)
    sync.cancel(47)
    assert sync.message == "Sync cancelled: 15/47 albums synced."
    sync.events.pop()
    assert sync.message == "Cancelling..."


def test_cancelled_before_the_sheet_was_read(sync: Sync) -> None:
    sync.cancel(None)
    assert sync.message == "Sync cancelled before any album was synced."


@pytest.mark.parametrize(
    "message",
    [
        "Spotify credentials not configured. Please check environment variables.",
        "Network error: Unable to reach external services. Please check your connection.",
    ],
)
def test_a_failure_is_told_in_its_own_words(sync: Sync, message: str) -> None:
    sync.write("failed", example("failed")["data"] | {"message": message})
    assert sync.message == message


@given(event_logs())
def test_no_message_holds_a_time(log: list[Event]) -> None:
    status: dict[str, Any] = empty(log[0].previous_hash if log else "")
    for event in log:
        status = fold([event], status)
        if status["operation"]:
            assert event.at[:10] not in status["operation"]["message"]
            assert UNTIL[:10] not in status["operation"]["message"]
