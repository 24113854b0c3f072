"""F27: wall clocks jump by an hour, either way, or change between summer and winter time."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connections

from syncengine import log, operations
from syncengine.events import instant
from tests import patience
from tests.accounts import account
from tests.browser import sheets
from tests.databases import Databases
from tests.demo import Demo
from tests.faults.clocks import Clock
from tests.faults.side_by_side import RESUME_LIMIT_S, settle, side_by_side, using
from tests.faults.world import MOST_S, World
from tests.process import Process, WorkerProcess
from tests.server import Web
from tests.syncing import current_operation, ends, events, eventually, outcomes

ALBUMS = 64
LATENCY_MS = 1500  # five albums a second
HOUR = timedelta(hours=1)
NO_TIME = timedelta()
A_MOMENT = timedelta(seconds=2)
MUCH = 24  # albums
# In Berlin it is 03:00 then, and 02:00 again.
WINTER_TIME = datetime(2026, 10, 25, 1, tzinfo=UTC)
SANE_LEFT = re.compile("|a few seconds left|about [0-9]+ s left|about [1-4] min left")
SANE_SPAN = re.compile("under 1 s|[0-9]+ s|[0-9]+ min( [0-9]+ s)?|1 h( [0-9]+ min)?")


@dataclass(frozen=True)
class Jump:
    """By how much the clocks of a world are wrong from one moment of a sync on."""

    owner: timedelta
    other: timedelta
    web: timedelta


JUMPS = (Jump(HOUR, -HOUR, NO_TIME), Jump(-HOUR, HOUR, -HOUR))


class Timed:
    """One world with two workers and, on request, a web server, each with a clock of its own."""

    def __init__(self, world: World, wrong_by: timedelta = NO_TIME, **environment: str) -> None:
        self.world = world
        self.clocks: dict[Process, Clock] = {}
        self._wrong_by, self._environment = wrong_by, environment
        self.workers: list[WorkerProcess] = [self.start(world.worker) for _ in range(2)]

    def start(self, starting: Callable[..., Process]) -> Process:
        clock = Clock(self.world.folder / f"clock-{len(self.clocks)}", self._wrong_by)
        process = starting(**clock.environment, **self._environment)
        self.clocks[process] = clock
        return process

    def find_the_owner(self) -> None:
        name = current_operation()["worker"]
        self.owner, self.other = sorted(self.workers, key=lambda one: one.name != name)
        assert self.owner.name == name


@pytest.fixture
def like(databases: Databases, demo: Demo) -> Iterator[str]:
    demo.sheet(*sheets.rows(ALBUMS))
    demo.behave(latency_ms=LATENCY_MS, speed=1)
    with databases.fresh() as url:
        for role in ("admin", "auditor"):
            account(role)
        connections.close_all()
        yield url


def test_f27_no_clock_takes_a_sync_from_its_owner_nor_keeps_it_from_the_rescuer(
    databases: Databases, demo: Demo, tmp_path: Path, like: str
) -> None:
    to_winter = WINTER_TIME - timedelta(minutes=1) - datetime.now(UTC)
    with side_by_side(databases, tmp_path, like, [demo] * 3) as worlds:
        with ThreadPoolExecutor() as pool:
            patiently = partial(Timed, **patience.MUCH)
            starting = [pool.submit(patiently, world) for world in worlds[:2]]
            starting.append(pool.submit(patiently, worlds[2], to_winter, TZ="Europe/Berlin"))
            timed = [each.result() for each in starting]
            webs = list(pool.map(lambda each: each.start(each.world.web), timed[:2]))
        for web in webs:
            for name in ("admin", "auditor"):
                web.login(name)
        for each in timed:
            with using(databases, each.world):
                operations.start("ann", "button", "refresh")
        for each, jump in zip(timed[:2], JUMPS, strict=True):
            with using(databases, each.world):
                eventually(outcomes, MOST_S)
                each.find_the_owner()
                each.clocks[each.owner].jump(jump.owner)
                each.clocks[each.other].jump(jump.other)
        timed[1].clocks[webs[1]].jump(JUMPS[1].web)
        winter = timed[2]
        with using(databases, winter.world):
            eventually(outcomes, MOST_S)
            winter.find_the_owner()
            for clock in winter.clocks.values():
                clock.jump(WINTER_TIME - A_MOMENT - datetime.now(UTC))

        the_pages_are_sane_until_much_is_done(webs)
        with using(databases, winter.world):
            eventually(lambda: log.events_after(0)[-1].at > instant(WINTER_TIME), MOST_S)
        demo.behave(hang="spotify")  # so that nobody comes to the end before its owner is killed
        for each in timed:
            with using(databases, each.world):
                assert (events("resumed"), ends()) == ([], [])
                each.owner.kill()
                each.killed_at = time.monotonic()
        for each in timed:
            with using(databases, each.world):
                [resumed] = eventually(lambda: events("resumed"), MOST_S)
                assert resumed.data["worker"] == each.other.name
                assert resumed.data["reason"] == "lease-expired"
                print(f"F27: resumed within {time.monotonic() - each.killed_at:.1f} s")
                assert time.monotonic() - each.killed_at < RESUME_LIMIT_S
        demo.behave(hang="off", latency_ms=0)
        for each, web in zip(timed, [*webs, None], strict=True):
            with using(databases, each.world):
                settle(each.world)
                operation = current_operation()
                assert (operation["state"], operation["synced"]) == ("completed", ALBUMS)
                assert len(events("album-synced")) == ALBUMS
                if web is not None:
                    durations_are_sane(web)
                    the_order_is_that_of_the_log(each.world, web)
        with using(databases, winter.world):
            times = [datetime.fromisoformat(event.at) for event in events("album-synced")]
            assert all(NO_TIME <= later - earlier < HOUR / 2 for earlier, later in pairwise(times))
            assert times[0] < WINTER_TIME < times[-1]


def the_pages_are_sane_until_much_is_done(webs: list[Web]) -> None:
    """Look at them again and again; what they say of the time left is in the right order of size,
    and one of them dares to say something."""
    said = set()
    while any(web.get("/api/status", "auditor")["operation"]["synced"] < MUCH for web in webs):
        for web in webs:
            [left] = re.findall(r'data-part="left">([^<]*)<', web.page("/", "auditor"))
            assert SANE_LEFT.fullmatch(left), left
            said.add(left)
    print(f"F27: left is said to be {sorted(said)}")
    assert said - {""}


def durations_are_sane(web: Web) -> None:
    rows = re.findall(r'data-part="took">([^<]*)<', web.page("/syncs/", "auditor"))
    assert rows
    took = re.findall(r"took ([^<,]*)", unescape(" ".join(rows)))
    assert all(SANE_SPAN.fullmatch(each.strip()) for each in took), rows
    panel = web.page("/", "auditor")
    [origin] = re.findall(r'data-part="took">([^<]*)<', panel)
    assert not origin or SANE_SPAN.fullmatch(origin.removeprefix("; it took ")), origin


def the_order_is_that_of_the_log(world: World, web: Web) -> None:
    """One more sync, and its times may well be earlier: it stands first all the same."""
    first = current_operation()["id"]
    second = web.post("/syncs/", "admin")["operation"]["id"]
    settle(world)
    listed = re.findall(
        r'class="sync-link" data-part="sentence" href="/syncs/([^/]+)/"',
        web.page("/syncs/", "auditor"),
    )
    assert listed == [second, first]
    assert web.get("/api/status", "auditor")["operation"]["id"] == second
    page = web.get("/api/events", "auditor")["events"]
    assert [event["position"] for event in page] == list(range(1, len(page) + 1))
    times = [event["at"] for event in page]
    assert times != sorted(times)  # so the order was put to the test
