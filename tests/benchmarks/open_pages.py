"""The product on the current database, and pages of it in a real browser."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from playwright.sync_api import Browser, Page

from tests.browser.chromium import VIEWPORT
from tests.browser.people import make_people, session_of
from tests.browser.serving import Server
from tests.demo import Demo

LIVE_LIMIT_MS = 60_000
REST_S = 2.0  # after which a page that was opened has nothing more to do


@contextmanager
def serving(demo: Demo, calls_per_30s: int, **settings: str) -> Iterator[Server]:
    """Serve the current database, with accounts, until the block ends."""
    make_people()
    with tempfile.TemporaryDirectory(prefix="groovelog-benchmarks-") as folder:
        environment = demo.environment() | {
            "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
            "CHECKPOINT_FILE": f"{folder}/checkpoints.jsonl",
            "REDIS_URL": "",
            "SPOTIFY_CALLS_PER_30S": str(calls_per_30s),
            **settings,
        }
        server = Server(Path(folder) / "server.log", environment)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def new_page(browser: Browser, server: Server, name: str = "admin") -> Page:
    """An empty page of a browser of its own, in which somebody is signed in."""
    context = browser.new_context(base_url=server.origin, viewport=VIEWPORT)
    cookie = {"name": "sessionid", "value": session_of(name), "url": server.origin}
    context.add_cookies([cookie])
    return context.new_page()


def go_live(page: Page) -> None:
    """Open the catalog and wait until it is live."""
    page.goto("/")
    page.wait_for_selector("html[data-connection=live]", timeout=LIVE_LIMIT_MS)
