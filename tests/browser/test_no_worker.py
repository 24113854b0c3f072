"""No worker is alive: the page says so in words, with what to do, and stops saying so by itself."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import sheets
from tests.browser.chromium import WAIT_LIMIT_MS
from tests.browser.conftest import Serve, Visit
from tests.browser.test_accessibility import check
from tests.browser.watch import Watch
from tests.demo import Demo
from tests.process import WorkerProcess
from tests.server import Web

LIMIT_S = 10.0  # what the product promises, from the death of the worker on
SLACK_S = 3.0  # for a browser on a busy machine
NO_WORKER = re.compile("No worker answers.*manage.py runworker sync.*manage.py serve")
ALBUMS = 20
STUCK = re.compile(r"\bstuck\b")


@pytest.fixture
def many_machines(serve: Serve, database: str, demo: Demo, tmp_path: Path):
    """A web server and a worker in a process each; both are ended after the test."""
    environment = demo.environment() | {
        "DATABASE_URL": database,
        "REDIS_URL": "",
        "CHECKPOINT_FILE": str(tmp_path / "checkpoints.jsonl"),
    }
    web = Web(tmp_path / "web.log", environment)
    worker = WorkerProcess(tmp_path / "worker.log", environment)
    web.start()
    yield web, worker
    for process in (web, worker):
        if process.is_running:
            process.kill()


def test_a_page_says_within_ten_seconds_that_no_worker_is_alive(
    many_machines: tuple[Web, WorkerProcess], visit: Visit, demo: Demo, watch: Watch
) -> None:
    web, worker = many_machines
    demo.sheet(*sheets.rows(ALBUMS))
    demo.behave(latency_ms=60_000, speed=1)
    worker.start()
    catalog = visit(web)
    catalog.start()
    expect(catalog.headline).to_have_text("Enriching with Spotify metadata...")
    worker.kill()
    died = time.monotonic()
    expect(catalog.part("remark")).to_have_text(NO_WORKER, timeout=WAIT_LIMIT_MS)
    said_s = time.monotonic() - died
    print(f"the page says that no worker is alive after {said_s:.1f} s")
    assert said_s < LIMIT_S + SLACK_S

    catalog.page.reload()
    expect(catalog.panel).to_have_class(STUCK)
    check(catalog.page, "no worker")
    first_paint = visit(web, live=False, java_script_enabled=False)
    expect(first_paint.part("remark")).to_have_text(NO_WORKER)

    demo.behave(latency_ms=0)
    worker.start()
    expect(catalog.part("remark")).not_to_have_text(NO_WORKER)
    assert catalog.wait_for_end() == "completed"


def test_a_sync_that_nobody_takes_is_said_to_be_one(
    many_machines: tuple[Web, WorkerProcess], visit: Visit, demo: Demo
) -> None:
    web, worker = many_machines
    demo.sheet(*sheets.rows(3))
    catalog = visit(web)
    catalog.start()
    expect(catalog.headline).to_have_text("Starting the sync...")
    expect(catalog.part("remark")).to_have_text(NO_WORKER, timeout=LIMIT_S * 1000)
    worker.start()
    assert catalog.wait_for_end() == "completed"
    expect(catalog.part("remark")).to_have_text("")
