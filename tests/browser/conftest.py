"""Fixtures: one browser, products as real processes, and visitors who are watched for errors."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.catalog_page import CatalogPage
from tests.browser.people import make_people, session_of
from tests.browser.serving import Server, serving
from tests.browser.watch import Watch
from tests.databases import Databases
from tests.demo import Demo

WAIT_LIMIT_MS = 30_000  # for a condition; a slow machine may need it, a quiet one never does
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that a test answers itself is nobody's neighbour, and could not load its covers.
    "--disable-features=LocalNetworkAccessChecks",
]
VIEWPORT = {"width": 1280, "height": 900}

Serve = Callable[..., list[Server]]
Visit = Callable[..., CatalogPage]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser, and only as long as these tests run: Playwright's loop would be in the way of
    tests that run loops of their own. Django takes it for a sign that queries would block."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    assert path, f"no browser found; install one of {', '.join(CHROMIUM_NAMES)}"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=WAIT_LIMIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def shared_server(
    chromium: Browser,
    databases: Databases,
    demo_server: Demo,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """One product for all the tests of a file that can do with what the ones before them left."""
    folder = tmp_path_factory.mktemp("server")
    with databases.fresh() as database:
        make_people()
        with serving(database, folder, demo_server.environment()) as servers:
            yield servers[0]
        connections.close_all()


@pytest.fixture
def product(shared_server: Server, demo: Demo) -> Iterator[Server]:
    """The shared product, at rest before and after."""
    yield shared_server
    demo.reset()
    cookies = f"sessionid={session_of('admin')}"
    operation = shared_server.get("/api/status", cookies)["operation"]
    if operation and not operation["finished_at"]:
        shared_server.post(f"/syncs/{operation['id']}/cancel/", cookies)
        while not shared_server.get("/api/status", cookies)["operation"]["finished_at"]:
            pass


@pytest.fixture
def serve(chromium: Browser, database: str, demo: Demo, tmp_path: Path) -> Iterator[Serve]:
    """Serve a fresh database: `serve(processes=1, NAME=value)`. Ask for it before `visit`, so that
    the browsers are closed first."""
    make_people()
    with ExitStack() as stack:

        def serve(processes: int = 1, **environment: str) -> list[Server]:
            wanted = demo.environment() | environment
            return stack.enter_context(serving(database, tmp_path, wanted, processes))

        yield serve
        connections.close_all()


@pytest.fixture
def watch(demo_server: Demo) -> Iterator[Watch]:
    watch = Watch(demo_server.origin)
    yield watch
    watch.check()


@pytest.fixture
def visit(chromium: Browser, watch: Watch) -> Iterator[Visit]:
    """`visit(server, name, live=False, **options)` opens a browser in which somebody (nobody for
    an empty name) is signed in, and the catalog in it."""
    contexts: list[BrowserContext] = []

    def visit(
        server: Server, name: str = "admin", path: str = "/", live: bool = True, **options: Any
    ) -> CatalogPage:
        context = chromium.new_context(
            **{"base_url": server.origin, "viewport": VIEWPORT, **options}
        )
        context.set_default_timeout(WAIT_LIMIT_MS)
        contexts.append(context)
        watch.attach(context, server.origin)
        if name:
            cookie = {"name": "sessionid", "value": session_of(name), "url": server.origin}
            context.add_cookies([cookie])
        page = CatalogPage(context.new_page())
        if live:
            page.open(path)
        elif path:
            page.page.goto(path)
        return page

    yield visit
    for context in contexts:
        context.close()
