"""How soon an event reaches the pages that are open, and what connecting costs in a long log."""

import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from django.db import connection
from playwright.sync_api import Page, sync_playwright
from websockets.sync.client import connect

from syncengine import log
from tests.benchmarks.database import fresh_database
from tests.benchmarks.long_log import write
from tests.benchmarks.report import Figure, milliseconds, percentile, show, spread
from tests.browser.conftest import CHROMIUM_ARGUMENTS, CHROMIUM_NAMES
from tests.browser.people import make_people, session_of
from tests.demo import Demo, start_demo
from tests.process import ServeProcess

BROWSERS = 20
CONNECTS = 200
SHORT, LONG = 100, 100_000


def measure() -> None:
    show(f"An event, from commit to the DOM of {BROWSERS} browsers", _commit_to_dom())
    show("Connecting: from the handshake to the first frame", _connecting())


def _commit_to_dom() -> list[Figure]:
    """A whole sync of the demo's sheet, at the pace of the default limiter, followed by all pages.

    An event's time is taken just before its commit, by the clock that the pages read, too; so
    the figure holds the commit itself. Each page notes when it first shows a number of albums.
    """
    delays_s: list[float] = []
    with (
        start_demo("--latency-ms", "120") as demo,
        _product(demo) as server,
        _pages(server) as pages,
    ):
        for page in pages:
            page.evaluate(NOTE_WHAT_IS_SHOWN)
        pages[0].get_by_role("button", name="Sync Now").click()
        pages[0].wait_for_selector("sync-panel[data-state=warnings]", timeout=120_000)
        time.sleep(1)
        done_at: dict[int, float] = {}
        synced = 0
        for event in log.events_after(0):
            if event.kind == "album-synced":
                synced += 1
                done_at[synced] = datetime.fromisoformat(event.at).timestamp()
        for page in pages:
            shown = page.evaluate("window.shown")
            delays_s += [shown[str(n)] / 1000 - at for n, at in done_at.items() if str(n) in shown]
        expected = len(pages) * len(done_at)
    return [
        Figure(
            f"{len(delays_s)} of {expected} (the rest was shown together with the next one)",
            f"p50 {milliseconds(percentile(delays_s, 0.5))},"
            f" p95 {milliseconds(percentile(delays_s, 0.95))},"
            f" longest {milliseconds(max(delays_s))}",
            "none",
            f"{BROWSERS} pages, the server and the worker share this machine",
            "p95 under 100 ms",
        )
    ]


def _connecting() -> list[Figure]:
    """Connects to two products in turn, so that whatever else the machine does hits both."""
    with ExitStack() as stack:
        demo = stack.enter_context(start_demo("--speed", "0"))
        servers = []
        for events in (SHORT, LONG):
            stack.enter_context(fresh_database())
            write(events)
            servers.append(stack.enter_context(_serving(demo)))
        times: list[list[float]] = [[], []]
        for _ in range(CONNECTS):
            for which, (server, cookie) in enumerate(servers):
                times[which].append(_connect_s(server, cookie))
    short, long = (statistics.median(each) for each in times)
    return [
        Figure(
            f"{LONG:,} events in the log",
            spread(times[1]),
            f"{SHORT} events in the log: {spread(times[0])}",
            f"{long / short:.2f}",
            "within 1.1",
        )
    ]


def _connect_s(server: ServeProcess, cookie: str) -> float:
    began = time.perf_counter()
    headers = {"Cookie": cookie}
    url = f"ws://127.0.0.1:{server.port}/ws/sync/"
    with connect(url, origin=server.origin, additional_headers=headers, proxy=None) as socket:
        assert json.loads(socket.recv())["type"] == "snapshot"
        return time.perf_counter() - began


@contextmanager
def _product(demo: Demo) -> Iterator[ServeProcess]:
    with fresh_database(), _serving(demo) as (server, _):
        yield server


@contextmanager
def _serving(demo: Demo) -> Iterator[tuple[ServeProcess, str]]:
    """Serve the current database; yields the server and an admin's cookie."""
    make_people()
    cookie = f"sessionid={session_of('admin')}"
    folder = Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))
    environment = demo.environment() | {
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "REDIS_URL": "",
        "SPOTIFY_CALLS_PER_30S": "90",
    }
    server = ServeProcess(folder / "server.log", environment)
    server.start()
    try:
        yield server, cookie
    finally:
        server.stop()


@contextmanager
def _pages(server: ServeProcess) -> Iterator[list[Page]]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop is none of Django's
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        pages = []
        for number in range(BROWSERS):
            name = ("admin", "admin2")[number % 2]
            context = browser.new_context(base_url=server.origin)
            context.add_cookies(
                [{"name": "sessionid", "value": session_of(name), "url": server.origin}]
            )
            page = context.new_page()
            page.goto("/")
            page.wait_for_selector("html[data-connection=live]", timeout=60_000)
            pages.append(page)
        yield pages
        browser.close()


NOTE_WHAT_IS_SHOWN = """() => {
  window.shown = {};
  const note = () => {
    const text = document.querySelector("sync-panel").textContent;
    const match = text.match(/(\\d+)\\/\\d+ albums synced/);
    if (match) window.shown[match[1]] ??= Date.now();
  };
  new MutationObserver(note).observe(
    document.querySelector("sync-panel"),
    { subtree: true, childList: true, characterData: true, attributes: true },
  );
}"""
