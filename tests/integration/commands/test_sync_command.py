"""`manage.py sync` and `manage.py runworker sync`, by their exit codes."""

import signal
from collections.abc import Iterator

import pytest
from django.db import connections

from syncengine import log, operations, presence
from tests.commands import Environment, manage, managing
from tests.demo import Demo
from tests.sheets import LINKED, UNKNOWN
from tests.syncing import current_operation, ends, events, eventually, nothing_differs


@pytest.fixture(autouse=True)
def every_sync_is_explained(environment: Environment) -> Iterator[None]:
    yield
    nothing_differs()


def test_a_sync_that_completes_is_0_and_says_so(environment: Environment, demo: Demo) -> None:
    demo.sheet(*LINKED)
    done = manage(environment, "sync")
    assert done.returncode == 0, done.stderr
    assert "Sync complete! Updated 5 albums" in done.stdout
    assert current_operation()["trigger"] == "command"


def test_a_sync_that_fails_is_1_and_says_what_to_do(environment: Environment) -> None:
    done = manage(environment | {"SPOTIFY_CLIENT_ID": ""}, "sync")
    assert done.returncode == 1
    assert "Spotify credentials not configured." in done.stdout
    assert "SPOTIFY_CLIENT_SECRET" in done.stdout


def test_failed_albums_are_2_and_named(environment: Environment, demo: Demo) -> None:
    demo.sheet(*LINKED, UNKNOWN)
    done = manage(environment, "sync")
    assert done.returncode == 2, done.stderr
    assert "5/6 albums updated successfully. 1 failed." in done.stdout
    assert "row 7: Nobody At All – No Such Album" in done.stdout


def test_another_unfinished_sync_is_3_at_once(environment: Environment) -> None:
    operations.start("ann", "button")
    before = log.current_status()
    connections.close_all()
    done = manage(environment, "sync")
    assert done.returncode == 3
    assert "ann" in done.stdout
    assert log.current_status() == before


def test_a_cancelled_sync_is_4(environment: Environment, demo: Demo) -> None:
    demo.behave(hang="spotify")
    with managing(environment, "sync") as process:
        eventually(lambda: demo.calls()["in_flight"], 60)
        operations.cancel(current_operation()["id"], "bob")
        assert process.wait(30) == 4
    assert ends() == ["cancelled"]


def test_a_parked_sync_is_5(environment: Environment, demo: Demo) -> None:
    demo.behave(quota_exceeded=True)
    done = manage(environment, "sync")
    assert done.returncode == 5, done.stderr
    assert "Waiting for Spotify..." in done.stdout
    assert current_operation()["state"] == "waiting"


def test_refreshing_fetches_every_album(environment: Environment, demo: Demo) -> None:
    demo.sheet(*LINKED)
    manage(environment, "sync")
    assert manage(environment, "sync", "--refresh").returncode == 0
    assert len(events("album-synced")) == 5


def test_a_worker_that_is_alive_does_the_work(environment: Environment, demo: Demo) -> None:
    demo.sheet(*LINKED)
    with managing(environment, "runworker", "sync") as worker:
        eventually(presence.last_seen_at, 60)
        connections.close_all()
        assert manage(environment, "sync").returncode == 0
        assert f":{worker.pid}:" in current_operation()["worker"]
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    assert presence.last_seen_at() is None


def test_a_worker_takes_what_was_asked_for_without_it(environment: Environment, demo: Demo) -> None:
    demo.sheet(*LINKED)
    operations.start("ann", "button")
    with managing(environment, "runworker", "sync"):
        eventually(ends, 60)
    assert ends() == ["completed"]


def test_a_worker_that_is_killed_leaves_its_sync_to_the_next(
    environment: Environment, demo: Demo
) -> None:
    demo.sheet(*LINKED)
    demo.behave(hang="spotify")
    operations.start("ann", "button")
    with managing(environment, "runworker", "sync") as worker:
        eventually(lambda: demo.calls()["in_flight"], 60)
        worker.kill()
    demo.behave(hang="off")
    with managing(environment, "runworker", "sync"):
        eventually(ends, 90)
    assert ends() == ["completed"]
    assert [event.data["reason"] for event in events("resumed")] == ["lease-expired"]


def test_a_sync_that_is_followed_goes_on_here_when_its_worker_is_killed(
    environment: Environment, demo: Demo
) -> None:
    demo.sheet(*LINKED)
    demo.behave(hang="spotify")
    with managing(environment, "runworker", "sync") as worker:
        eventually(presence.last_seen_at, 60)
        with managing(environment, "sync") as followed:
            eventually(lambda: demo.calls()["in_flight"], 60)
            worker.kill()
            demo.behave(hang="off")
            assert followed.wait(90) == 0
    assert [event.data["reason"] for event in events("resumed")] == ["lease-expired"]


@pytest.mark.parametrize("channel", [[], ["mail"]])
def test_a_worker_listens_on_the_one_channel_that_there_is(
    environment: Environment, channel: list[str]
) -> None:
    assert manage(environment, "runworker", *channel).returncode != 0
