"""Fixtures: one browser, products as real processes, and visitors who are watched for errors."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext

from tests import patience
from tests.browser.catalog_page import CatalogPage
from tests.browser.chromium import VIEWPORT, WAIT_LIMIT_MS, launched
from tests.browser.people import make_people, session_of
from tests.browser.serving import Server, serving
from tests.browser.watch import Watch
from tests.databases import Databases
from tests.demo import Demo

Serve = Callable[..., list[Server]]
Visit = Callable[..., CatalogPage]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One for all these tests."""
    with launched() as browser:
        yield browser


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
        wanted = demo_server.environment() | patience.MUCH
        with serving(database, folder, wanted) as servers:
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
