"""The catalog page while a sync goes on: how often it changes, how smoothly, and what it holds."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from playwright.sync_api import Browser

from project.demo import generated
from syncengine import log
from tests.benchmarks.database import fresh_database
from tests.benchmarks.foreground import UNLIMITED
from tests.benchmarks.long_log import LongLog
from tests.benchmarks.open_pages import REST_S, go_live, new_page, serving
from tests.browser import observed, sheets
from tests.browser.catalog_page import CatalogPage
from tests.browser.observed import Observed
from tests.browser.people import session_of
from tests.browser.serving import Server
from tests.demo import start_demo
from tests.syncing import events

PACED_ALBUMS = 150  # of a sync at a pace
PACE_LATENCY_MS = 380  # of a call; with eight under way that is 20 albums a second
FEW_EVENTS, MANY_EVENTS = 1_000, 10_000
EVENTS_AT_ONCE = 500  # in whole syncs
FAILING_EVERY = 10  # rows
LOOK_MS = 100
COVERS = "https://i.scdn.co"  # where the covers of the long log are, if anybody asks
COVER, SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"
PAGES = 5  # that hold on to events
LIMIT_S = 300.0  # of a sync


@dataclass(frozen=True)
class Work:
    """What a page did while a sync was under way."""

    observed: Observed
    events_a_second: float


def at_a_pace(browser: Browser) -> Work:
    """A page in sight of an empty catalog follows two syncs: all albums are new, then changed."""
    with (
        start_demo("--latency-ms", str(PACE_LATENCY_MS), "--albums", str(PACED_ALBUMS)) as demo,
        fresh_database(),
        serving(demo, UNLIMITED) as server,
    ):
        page = new_page(browser, server)
        observed.observe(page)
        go_live(page)
        time.sleep(REST_S)
        observed.begin(page)
        for label in ("A label", "Another one, with a longer name"):
            demo.sheet(*_rows(PACED_ALBUMS, label))
            _sync(server)
        time.sleep(REST_S)
        seen = observed.observed(page)
        page.context.close()
        return Work(seen, _events_a_second())


def held_mib(browser: Browser) -> tuple[Sequence[float], Sequence[float]]:
    """What each of some pages holds at rest after few and after many events, in MiB."""
    found = []
    with (
        start_demo("--speed", "0") as demo,
        fresh_database(),
        serving(demo, UNLIMITED, SPOTIFY_IMAGE_ORIGINS=COVERS) as server,
    ):
        grown = LongLog()
        pages = [CatalogPage(new_page(browser, server)) for _ in range(PAGES)]
        for page in pages:
            page.page.route(
                f"{COVERS}/**", lambda route: route.fulfill(body=COVER, content_type=SVG)
            )
            go_live(page.page)
        for events in range(EVENTS_AT_ONCE, MANY_EVENTS + 1, EVENTS_AT_ONCE):
            grown.grow(events)
            _wait(pages)
            if events in (FEW_EVENTS, MANY_EVENTS):
                pages[0].page.wait_for_timeout(REST_S * 1000)
                found.append([observed.held_bytes(page.page) / 2**20 for page in pages])
        for page in pages:
            page.context.close()
    return found[0], found[1]


def _wait(pages: Sequence[CatalogPage]) -> None:
    """Until all of them have followed the log to its head."""
    until = time.monotonic() + LIMIT_S
    for page in pages:
        while page.status()["position"] < log.head().position:
            assert time.monotonic() < until, "a page stands still"
            page.page.wait_for_timeout(LOOK_MS)


def _rows(count: int, label: str) -> list[str]:
    """Rows with ids of the demo's albums, the last of every few without an artist."""
    library = generated.library(PACED_ALBUMS, with_ids=True, seed=1)
    return [
        sheets.line(
            row.artist if number % FAILING_EVERY else "", row.album, row.year, "", label, row.link
        )
        for number, row in enumerate(library.rows[:count], start=1)
    ]


def _sync(server: Server) -> None:
    """By a program: what moves on a page after somebody's click does not count as a shift."""
    cookies = f"sessionid={session_of('admin')}"
    assert server.post("/syncs/", cookies)[0] == 202
    until = time.monotonic() + LIMIT_S
    while not server.get("/api/status", cookies)["operation"]["finished_at"]:
        assert time.monotonic() < until, "the sync does not end"
        time.sleep(0.2)


def _events_a_second() -> float:
    """From the first album of the newest sync to its last."""
    moments = [datetime.fromisoformat(event.at).timestamp() for event in events("album-synced")]
    return (len(moments) - 1) / (moments[-1] - moments[0])
