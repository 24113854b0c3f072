"""Nemesis: random faults, one upon another, against all parts at once; then all of I1 to I11 hold.

`--nemesis 30m` says for how long, `--seed N` which faults; the seed of each run is printed.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections

from syncengine import log
from syncengine.models import SyncEvent
from syncengine.schemas import ALBUM_KINDS
from tests.browser import sheets
from tests.faults import nemesis
from tests.faults.audience import Admin, Browsers
from tests.faults.nemesis import ROWS, Fault, Nemesis
from tests.faults.outages import ask
from tests.faults.postgresql import PostgreSQL, fresh_database
from tests.faults.redis import own_redis
from tests.faults.world import MOST_S, World
from tests.process import Process
from tests.server import Asked
from tests.syncing import current_operation, eventually

DURATION_S = {"postgresql": 180.0, "sqlite": 20.0}
REST_LIMIT_S = 120.0
TOLD = ("by", "attempt", "reason", "service", "until", "stage", "total", "synced", "code")
MAX_WAIT = timedelta(seconds=20)  # what waits for longer than that is cancelled in the end


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    given: int | None = request.config.getoption("seed")
    return random.SystemRandom().randrange(10**6) if given is None else given


@pytest.fixture
def duration_s(request: pytest.FixtureRequest) -> float:
    given: float | None = request.config.getoption("nemesis")
    return DURATION_S[connection.vendor] if given is None else given


@pytest.fixture
def database(
    request: pytest.FixtureRequest, own_server: PostgreSQL | None, django_db_blocker: Any
) -> Iterator[str]:
    """In a server of its own, where the database has one."""
    with django_db_blocker.unblock():
        if own_server is None:
            with request.getfixturevalue("databases").fresh() as url:
                yield url
        else:
            with fresh_database(own_server) as url:
                yield url


@pytest.mark.nemesis
def test_whatever_happens_log_catalog_and_every_page_are_right(
    world: World, own_server: PostgreSQL | None, seed: int, duration_s: float
) -> None:
    print(f"Nemesis on {connection.vendor} for {duration_s:.0f} s: --seed {seed}")
    world.demo.behave(**nemesis.CALM)
    world.demo.sheet(*sheets.rows(ROWS))
    world.environment["SPOTIFY_MAX_AGE"] = "30"  # seconds, so that there is always work
    faults = [*nemesis.of_upstream(world.demo), *nemesis.of_sheet(world.demo, seed)]
    if own_server is None:
        # Two that share a file, each with a worker in it, and a worker alone.
        webs: list[Asked] = [world.serve(), world.serve()]
        workers: list[Process] = [*webs, world.worker()]
        faults += nemesis.of_sqlite(world.url.removeprefix("sqlite:///"))
        torment(world, seed, duration_s, webs, workers, faults)
        return
    with own_redis(world.folder) as redis:
        world.environment["REDIS_URL"] = redis.url
        webs, workers = [world.web(), world.web()], [world.worker(), world.worker()]
        faults += [*nemesis.of_redis(redis), *nemesis.of_postgresql(own_server, "fresh")]
        torment(world, seed, duration_s, webs, workers, faults)


def torment(
    world: World,
    seed: int,
    duration_s: float,
    webs: list[Asked],
    workers: list[Process],
    faults: list[Fault],
) -> None:
    for web in webs:
        web.login("admin")
    targets = {f"process {number}": process for number, process in enumerate(world.processes, 1)}
    for name, process in targets.items():
        faults += nemesis.of_process(name, process)
    with Browsers(webs, seed) as browsers:
        world.views += [page.view for page in browsers.pages]

        admins: list[Admin] = []

        def watch(suffering: set[str]) -> None:
            browsers.check()
            for admin in admins:
                admin.check()
            for name, process in targets.items():
                assert name in suffering or process.is_running, f"{name} died: {process.output}"

        with (
            Admin(webs, seed) as ann,
            Admin(webs, seed + 1) as bob,
            Nemesis(seed, faults) as enemy,
        ):
            admins += [ann, bob]
            enemy.strike(duration_s, watch)
        come_to_rest(webs[0])
        tell_the_story()
        watch(set())
        for worker in workers:
            worker.restart()  # so that none is slow because of refusals that it has met
        everything_works(world, webs)
        watch(set())
        eventually(
            lambda: all(page.view.status == log.current_status() for page in browsers.pages), MOST_S
        )
        print(
            f"{enemy.count} faults; {sum(len(admin.started) for admin in admins)} syncs promised;"
            f" answers {dict(ann.answers + bob.answers)};"
            f" {sum(visit.cuts for visit in browsers.visits)} sockets cut,"
            f" {sum(visit.refusals for visit in browsers.visits)} ended by the server;"
            f" {log.head().position} events"
        )
    for admin in admins:
        what_was_promised_was_done(admin)


def come_to_rest(web: Asked) -> None:
    """Wait for the end of the last sync; one that waits for long is cancelled, as people do."""

    def ended() -> bool:
        operation = current_operation()
        if operation is None or operation["finished_at"]:
            return True
        until = operation["waiting_until"]
        if until and datetime.fromisoformat(until) > datetime.now(UTC) + MAX_WAIT:
            answer = ask(web, f"/syncs/{operation['id']}/cancel/", "admin", {}, "json")
            assert answer.status == 202, answer
        return False

    connections.close_all()
    eventually(ended, REST_LIMIT_S)


def tell_the_story() -> None:
    """What the syncs went through, for whoever looks for the reason of a failure."""
    for event in log.events_between(0, log.head().position):
        if event.kind not in ALBUM_KINDS:
            told = {name: event.data[name] for name in TOLD if name in event.data}
            print(f"{event.at[11:19]}  {event.kind} {told or ''}")


def everything_works(world: World, webs: list[Asked]) -> None:
    """Every album of the sheet is synced, whoever is asked."""
    world.demo.behave(reset=True)
    world.demo.behave(latency_ms=0, speed=0)
    world.demo.sheet(*sheets.rows(ROWS))
    for web in webs:
        web.post("/syncs/", "admin")
        eventually(lambda: current_operation()["finished_at"], REST_LIMIT_S)
        operation = current_operation()
        assert operation["state"] == "completed", operation["error"]
        assert (operation["synced"], operation["failed"]) == (ROWS, 0), operation["failures"]


def what_was_promised_was_done(admin: Admin) -> None:
    """Whoever was told 202 finds it in the log; that each cancelled sync has ended, I4 says."""
    asked = SyncEvent.objects.filter(kind="requested").values_list("operation", flat=True)
    assert set(admin.started) <= {str(operation) for operation in asked}
