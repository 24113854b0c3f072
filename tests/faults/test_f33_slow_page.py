"""F33: a page or an answer takes seconds to arrive, while events are written all the time."""

import asyncio
import json
import random
import re
import threading
import time
import uuid
from html import unescape

import aiohttp
from django.db import connections

from syncengine import log, operations
from tests.faults.crowd import Page, Visit, sessions
from tests.faults.world import MOST_S, World
from tests.histories import add, begin, stage
from tests.server import Web

EVENTS = 200
WRITING_S = 4.0
LATE_S = 3.0
REPEATS = 100
STATUS = re.compile(r'<script id="status" type="application/json">(.*?)</script>')
LOOK_S = 0.05


def test_f33_a_page_that_arrives_late_misses_nothing(world: World) -> None:
    web = world.web()
    auditors, viewers = sessions(REPEATS // 10), sessions(REPEATS // 10, "")
    claim = begin()
    for name in ("sheet", "spotify", "albums"):
        stage(claim, name, None if name == "sheet" else EVENTS)
    connections.close_all()

    def write() -> None:
        for number in range(EVENTS):
            add(claim, str(uuid.uuid4()), f"Album {number}", number + 1, EVENTS)
            time.sleep(WRITING_S / EVENTS)
        operations.complete(claim)
        connections.close_all()

    writing = threading.Thread(target=write)
    pages = [Page(web) for _ in range(REPEATS)]
    people = [(auditors, viewers)[number % 2][number // 10] for number in range(REPEATS)]
    loaded_at = asyncio.run(load_slowly(web, pages, people, writing))
    writing.join(MOST_S)

    status = log.current_status()
    assert status["operation"]["synced"] == EVENTS
    assert len(set(loaded_at)) > REPEATS / 5, "the pages were not loaded in the midst of it"
    for number, (page, position) in enumerate(zip(pages, loaded_at, strict=True)):
        assert page.view.status == status
        seen = [event.position for event in page.view.events]
        if people[number] in auditors:
            assert page.view.snapshots == 0
            assert seen == list(range(position + 1, status["position"] + 1))
    world.views += [page.view for page in pages]


async def load_slowly(
    web: Web, pages: list[Page], people: list[dict[str, str]], writing: threading.Thread
) -> list[int]:
    """Load each page at a time of its own while events are written, let it arrive late, and follow
    from what stands in it. Returns where the log was in each."""
    chance = random.Random(33)

    async def load(session: aiohttp.ClientSession, page: Page, person: dict[str, str]) -> int:
        await asyncio.sleep(chance.uniform(0, WRITING_S - 1))
        async with session.get(f"{web.origin}/", headers=person) as answer:
            assert answer.status == 200
            html = await answer.text()
        found = STATUS.search(html)
        assert found, html
        page.view.status = json.loads(unescape(found[1]))
        position = page.view.status["position"]
        await asyncio.sleep(chance.uniform(0, LATE_S))
        following.append(asyncio.create_task(Visit(page, person, web.origin).read()))
        return int(position)

    following: list[asyncio.Task[None]] = []
    writing.start()
    async with aiohttp.ClientSession() as session, asyncio.timeout(MOST_S):
        loads = [load(session, page, person) for page, person in zip(pages, people, strict=True)]
        positions = await asyncio.gather(*loads)
        while not all(page.has_ended for page in pages):
            for task in following:
                if task.done():
                    task.result()
            await asyncio.sleep(LOOK_S)
    for task in following:
        task.cancel()
    await asyncio.wait(following)
    return list(positions)
