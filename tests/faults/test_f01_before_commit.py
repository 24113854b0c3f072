"""F1: a worker is killed when Spotify has answered for an album and nothing is stored of it yet."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncengine import operations
from syncengine.tasks import ALBUMS_AT_ONCE
from tests.browser import sheets
from tests.databases import Databases
from tests.demo import Demo, start_demo
from tests.faults.side_by_side import RESUME_LIMIT_S, settle, side_by_side, timestamp, using
from tests.faults.world import MOST_S, FailingWorker, World
from tests.process import WorkerProcess
from tests.syncing import current_operation, events, eventually, everything_stored, sync_now

ALBUMS = 20
FAILPOINT = "spotify-answer:9:kill"
LATENCY_MS = 700  # so that the other worker is there when the first one dies
SHEET = sheets.rows(ALBUMS, label="Another label")


@pytest.fixture
def asked_for(databases: Databases, demo: Demo) -> Iterator[str]:
    """The URL of a database whose every album has changed in the sheet; its sync is asked for."""
    with databases.fresh() as url:
        demo.sheet(*sheets.rows(ALBUMS))
        assert sync_now()["synced"] == ALBUMS
        operations.start("ann", "button")
        yield url


class Rescue:
    """One world, with what is known of it at the death of its worker."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.world.demo.sheet(*SHEET)
        self.world.demo.behave(latency_ms=LATENCY_MS, speed=1)
        self.world.demo.reset_calls()
        self.first: FailingWorker = world.failing_worker(FAILPOINT)

    def look_at_the_death(self, stored_before: list[dict[str, Any]]) -> None:
        """Of what Spotify has answered, some is stored; the rest has left no trace."""
        self.died_at = self.first.reached_last_at  # seconds since the epoch
        self.done = {event.data["album"] for event in events("album-synced")}
        self.lost = [
            row for row in stored_before if "spotify_id" in row and str(row["id"]) not in self.done
        ]
        answered = {album for album, answer in calls(self.world.demo) if answer == "200"}
        in_flight = [row for row in self.lost if row["spotify_id"] in answered]
        assert in_flight, "the worker died elsewhere"
        untouched = {str(row["id"]) for row in self.lost}
        assert [row for row in everything_stored() if album_of(row) in untouched] == [
            row for row in stored_before if album_of(row) in untouched
        ]

    def check(self, rescuer: WorkerProcess) -> None:
        settle(self.world)
        operation = current_operation()
        names = ("state", "total", "synced", "failed", "updated", "attempt")
        assert {name: operation[name] for name in names} == {
            "state": "completed",
            "total": ALBUMS,
            "synced": ALBUMS,
            "failed": 0,
            "updated": ALBUMS,
            "attempt": 2,
        }
        [started], [resumed] = events("started"), events("resumed")
        assert started.operation == resumed.operation
        assert started.data["worker"] != resumed.data["worker"]
        assert resumed.data["reason"] == "lease-expired"
        assert resumed.data["worker"] == rescuer.name
        stood_still_s = timestamp(resumed) - self.died_at
        print(f"F1: resumed {stood_still_s:.1f} s after the death")
        alone_s = max(0.0, rescuer.ready_at - self.died_at)
        assert stood_still_s - alone_s < RESUME_LIMIT_S

        synced = [event.data["album"] for event in events("album-synced")]
        assert len(synced) == len(set(synced)) == ALBUMS
        called = Counter(album for album, _ in calls(self.world.demo))
        again = {album for album, times in called.items() if times > 1}
        assert len(called) == ALBUMS and max(called.values()) <= 2
        assert again <= {row["spotify_id"] for row in self.lost}
        assert len(again) <= ALBUMS_AT_ONCE


def test_f01_the_sync_goes_on_and_repeats_what_was_in_flight_alone(
    databases: Databases, demo: Demo, tmp_path: Path, asked_for: str
) -> None:
    stored = everything_stored()
    with (
        start_demo() as another_demo,
        side_by_side(databases, tmp_path, asked_for, [demo, another_demo]) as worlds,
    ):
        by_another, by_itself = rescues = [Rescue(world) for world in worlds]
        other = by_another.world.worker()
        for rescue in rescues:
            eventually(lambda worker=rescue.first: not worker.is_running, MOST_S)
            with using(databases, rescue.world):
                rescue.look_at_the_death(stored)
        by_itself.first.heal()
        by_itself.first.start()
        for rescue, rescuer in ((by_another, other), (by_itself, by_itself.first)):
            with using(databases, rescue.world):
                rescue.check(rescuer)


def calls(demo: Demo) -> list[tuple[str, str]]:
    """(album's Spotify id, answer) of every call for an album."""
    return [
        (call["path"].rpartition("/")[2].partition("?")[0], call["answer"])
        for call in demo.calls()["recent"]
        if call["path"].startswith("/v1/albums/")
    ]


def album_of(row: dict[str, Any]) -> str:
    """Whose row it is: an album's own, or a version's."""
    return str(row["id"] if "spotify_id" in row else row["album_id"])
