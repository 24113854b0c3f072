"""The drop test: a channel layer that loses 30 % of its messages and reorders the rest, 100 sockets
and 1,000 cuts. The same for plain Channels fan-out, to show what it would have lost."""

import asyncio
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connections
from websockets.exceptions import ConnectionClosed

from syncengine import log
from tests.browser import sheets
from tests.faults.crowd import Page, Visit, read, sessions
from tests.faults.lossy import LATEST_S, lossy
from tests.faults.world import World
from tests.process import WebProcess
from tests.server import Server

SOCKETS, PEOPLE, CUTS_A_SOCKET = 100, 25, 10
MUTE = 5  # further ones, that acknowledge nothing
ALBUMS, LATENCY_MS = 64, 1800  # longer than who acknowledges nothing is kept
LONGEST_STAY_S = 2.4
LOSS = 0.3
LIMIT_S = 100.0
LOOK_S = 0.1


class Plain(WebProcess):
    """Plain Channels beside the product."""

    def __init__(self, output: Path, environment: dict[str, str]) -> None:
        application = "tests.faults.plain:application"
        super().__init__(output, environment, "-m", "daphne", "-p", "{port}", application)


class PlainPage:
    """What a page would have had of plain Channels: the positions of the events that came."""

    def __init__(self, plain: Plain) -> None:
        self.positions: list[int] = []
        self._url = f"ws://127.0.0.1:{plain.port}/"

    def url(self) -> str:
        return self._url

    def take(self, text: str) -> None:
        self.positions.append(int(text))


class Tally:
    """What came of `expected` events for each of several pages."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.all = self.lost = self.twice = self.out_of_order = 0

    def add(self, positions: list[int]) -> None:
        self.all += self.expected
        self.lost += len(set(range(1, self.expected + 1)) - set(positions))
        self.twice += len(positions) - len(set(positions))
        self.out_of_order += sum(later < earlier for earlier, later in pairwise(positions))

    def __str__(self) -> str:
        return (
            f"lost {self.lost} of {self.all}, {self.twice} twice, {self.out_of_order} out of order"
        )


def test_nothing_is_lost_where_the_channel_layer_loses_a_third(world: World) -> None:
    world.demo.sheet(*sheets.rows(ALBUMS))
    world.demo.behave(latency_ms=LATENCY_MS)
    fates, plain_fates = world.folder / "fates", world.folder / "plain-fates"
    serve = world.serve(**lossy(str(LOSS), fates))
    plain = Plain(world.folder / "plain.log", world.environment | lossy(str(LOSS), plain_fates))
    plain.start()
    people = sessions(PEOPLE + 1)
    serve.login("admin")
    connections.close_all()
    pages = [Page(serve) for _ in range(SOCKETS)]
    mute = [Page(serve, acknowledges=False) for _ in range(MUTE)]
    plain_pages = [PlainPage(plain) for _ in range(SOCKETS)]
    try:
        refusals = asyncio.run(watch_a_sync(serve, people, pages, mute, plain_pages))
    finally:
        plain.stop()

    world.views += [page.view for page in (*pages, *mute)]
    status = log.current_status()
    head = status["position"]
    ours, theirs = Tally(head), Tally(head)
    for page in (*pages, *mute):
        assert page.view.status == status
        assert page.view.snapshots == 1
        ours.add([event.position for event in page.view.events])
    for plain_page in plain_pages:
        theirs.add(plain_page.positions)
    print(
        f"Drop test: {SOCKETS} sockets, {SOCKETS * CUTS_A_SOCKET} cuts, {refusals} refusals;"
        f" Groovelog: {ours} (its layer lost {share(fates):.0%} of the messages);"
        f" plain Channels: {theirs} (its layer lost {share(plain_fates):.0%})"
    )
    assert (ours.lost, ours.twice, ours.out_of_order) == (0, 0, 0)
    assert share(fates) > 0.1
    assert theirs.lost > theirs.all * LOSS / 2


async def watch_a_sync(
    serve: Server,
    people: list[dict[str, str]],
    pages: list[Page],
    mute: list[Page],
    plain_pages: list[PlainPage],
) -> int:
    """Everybody follows one sync to its end; how many had to knock twice."""
    chance = random.Random(3)
    visits, tasks = [], []
    for number, readers in enumerate(zip(pages, plain_pages, strict=True)):
        for reader in readers:
            visit = Visit(reader, people[number % PEOPLE], serve.origin)
            visits.append(visit)
            cuts_s = [chance.uniform(0, LONGEST_STAY_S) for _ in range(CUTS_A_SOCKET)]
            tasks.append(asyncio.create_task(visit.read(cuts_s)))
    tasks += [asyncio.create_task(be_mute(page, people[PEOPLE], serve)) for page in mute]

    async def until(condition: Callable[[], bool]) -> None:
        while not condition():
            for task in tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(LOOK_S)

    async with asyncio.timeout(LIMIT_S):
        await until(lambda: all(page.view.status for page in (*pages, *mute)))
        await asyncio.to_thread(serve.post, "/syncs/", "admin")
        for visit in visits:
            visit.shake()
        await until(lambda: all(page.has_ended for page in (*pages, *mute)))
        await until(lambda: all(visit.cuts == CUTS_A_SOCKET for visit in visits))
        await asyncio.sleep(2 * LATEST_S)  # for what plain Channels still has under way
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return sum(visit.refusals for visit in visits)


async def be_mute(page: Page, headers: dict[str, str], serve: Server) -> None:
    """Acknowledge nothing until closed for it; then come back, and do as a browser does."""
    with pytest.raises(ConnectionClosed) as closed:
        await read(page, headers, serve.origin)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4408
    page.acknowledges = True
    await read(page, headers, serve.origin)


def share(fates: Path) -> float:
    """How much of what a layer was to deliver it has lost."""
    text = fates.read_text()
    return text.count("x") / len(text)
