"""A real browser, as tests and benchmarks start it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
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
WAIT_LIMIT_MS = 30_000  # for a condition; a slow machine may need it, a quiet one never does
VIEWPORT = {"width": 1280, "height": 900}


@contextmanager
def launched() -> Iterator[Browser]:
    """Only as long as it is used: Playwright's loop is in the way of whoever runs loops of their
    own. Django takes it for a sign that queries would block, and keeps connections for it."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, f"no browser found; install one of {', '.join(NAMES)}"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=WAIT_LIMIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
        connections.close_all()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
