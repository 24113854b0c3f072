"""F29: the web server dies under many browsers in the middle of a sync, and all come back at once.

CI takes 200 of them, `--all-faults` 1,000, too.
"""

import asyncio
import statistics
import time
from collections.abc import Callable

import pytest
from django.db import connection, connections

from syncengine import log
from tests.browser import sheets
from tests.faults.counting import counting
from tests.faults.crowd import Page, Visit, sessions
from tests.faults.outages import ask
from tests.faults.world import MOST_S, World
from tests.server import Web

BROWSERS_A_PERSON = 16
ALBUMS, LATENCY_MS = 48, 1200
BEGUN = 8  # albums, when the server dies
MAX_BACK_S = 15.0  # the promise, from the first answer of the new server on
MAX_QUERIES_A_BROWSER = 2  # where none comes together with another
PAGE_LOADS = 10
LOOK_S = 0.05


@pytest.mark.parametrize("browsers", [200, pytest.param(1000, marks=pytest.mark.long)])
def test_f29_all_browsers_come_back_at_once(world: World, browsers: int) -> None:
    world.demo.sheet(*sheets.rows(ALBUMS))
    world.demo.behave(latency_ms=LATENCY_MS)
    queries = world.folder / "queries"
    web, worker = world.web(**counting(queries)), world.worker()
    people = sessions(browsers // BROWSERS_A_PERSON + 1)
    web.login("admin")
    connections.close_all()
    pages = [Page(web) for _ in range(browsers)]
    visits = [
        Visit(page, people[number // BROWSERS_A_PERSON], web.origin)
        for number, page in enumerate(pages)
    ]
    back_s, threads = asyncio.run(
        die_and_come_back(web, pages, visits, lambda: queries.read_text().splitlines())
    )

    assert worker.is_running
    status = log.current_status()
    for page in pages:
        assert page.view.status == status
        assert page.view.snapshots == 1
    world.views += [page.view for page in pages]
    for_browsers = sum(name.startswith("visitors") for name in threads)
    print(
        f"F29: on {connection.vendor} {browsers} browsers were live again after"
        f" {statistics.median(back_s):.1f} s in the median, {back_s[int(0.95 * browsers)]:.1f} s"
        f" (p95), {back_s[-1]:.1f} s at worst, with {for_browsers / browsers:.2f} queries each and"
        f" {len(threads) - for_browsers} for all of them and {PAGE_LOADS} pages"
    )
    assert back_s[-1] < MAX_BACK_S
    assert for_browsers <= MAX_QUERIES_A_BROWSER * browsers


async def die_and_come_back(
    web: Web, pages: list[Page], visits: list[Visit], asked: Callable[[], list[str]]
) -> tuple[list[float], list[str]]:
    """Let everybody follow a sync to its end, through the death of the server. Returns the seconds
    that each was away from the new server, in order, and the threads of its queries until then."""
    tasks = [asyncio.create_task(visit.read()) for visit in visits]

    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(MOST_S):
            while not condition():
                for task in tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(LOOK_S)

    await until(lambda: all(page.view.status for page in pages))
    await asyncio.to_thread(web.post, "/syncs/", "admin")
    await until(lambda: all(page.done >= BEGUN for page in pages))
    await asyncio.to_thread(web.kill)
    await until(lambda: all(visit.live_since is None for visit in visits))
    asked_before = len(asked())
    await asyncio.to_thread(web.start)
    ready_at = time.monotonic()
    loads = [asyncio.to_thread(ask, web, "/", "admin") for _ in range(PAGE_LOADS)]
    assert [answer.status for answer in await asyncio.gather(*loads)] == [200] * PAGE_LOADS
    await until(lambda: all(visit.live_since for visit in visits))
    asked_since = asked()[asked_before:]
    back_s = sorted(max(0.0, (visit.live_since or 0.0) - ready_at) for visit in visits)
    await until(lambda: all(page.has_ended for page in pages))
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return back_s, asked_since
