"""E1: however often and wherever somebody clicks, there is one sync."""

import time
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect

from syncengine.models import SyncEvent
from tests.browser import sheets
from tests.browser.conftest import Serve, Visit
from tests.browser.people import session_of
from tests.browser.serving import Server
from tests.browser.watch import Watch
from tests.demo import Demo

CLICKS = 50
CONFLICT = "status of 409"  # the browser's own word for the answer to who was second
CLICK_AT = """at => { setTimeout(
  () => document.querySelector("[data-part=startButton]").click(), at - Date.now()) }"""


def requested() -> int:
    return SyncEvent.objects.filter(kind="requested").count()


def test_e1_a_second_click_starts_nothing(
    product: Server, visit: Visit, demo: Demo, watch: Watch
) -> None:
    watch.allow(CONFLICT)
    demo.sheet(*sheets.rows(47, label="E1"))
    demo.behave(latency_ms=500)
    before = requested()
    catalog = visit(product)
    catalog.button.dblclick()
    catalog.button.dispatch_event("click")
    catalog.page.evaluate("document.querySelector('[data-act=start]').requestSubmit()")
    catalog.wait_for_end()
    assert requested() == before + 1


def test_e1_a_second_admin_sees_the_sync_of_the_first(
    serve: Serve, visit: Visit, demo: Demo, watch: Watch
) -> None:
    watch.allow(CONFLICT)
    demo.sheet(*sheets.rows(10))
    demo.behave(latency_ms=1_500)
    servers = serve(processes=2)
    catalogs = [visit(servers[0], "admin"), visit(servers[1], "admin2")]
    at = time.time() * 1000 + 1_000
    for catalog in catalogs:
        catalog.page.evaluate(CLICK_AT, at)
    for catalog in catalogs:
        expect(catalog.button).to_have_text("Syncing...")
        expect(catalog.part("cancelForm")).to_be_visible()
    by = SyncEvent.objects.get(kind="requested").person  # and no other
    for catalog in catalogs:
        expect(catalog.part("by")).to_have_text(by)
        assert catalog.wait_for_end() == "completed"
    catalogs[0].must_equal(catalogs[1])


def test_e1_fifty_clicks_at_once_over_two_processes_start_one_sync(
    serve: Serve, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(10))
    demo.behave(latency_ms=3_000)
    servers = serve(processes=2)
    cookies = [f"sessionid={session_of(name)}" for name in ("admin", "admin2")]

    def click(number: int) -> tuple[int, str]:
        server, cookie = servers[number % 2], cookies[number // 2 % 2]
        status, answer = server.post("/syncs/", cookie, b"button=1")
        return status, answer["operation"]["id"]

    with ThreadPoolExecutor(max_workers=CLICKS) as threads:
        answers = list(threads.map(click, range(CLICKS)))
    assert sorted(status for status, _ in answers) == [202, *[409] * (CLICKS - 1)]
    assert len({operation for _, operation in answers}) == 1
    assert requested() == 1
    catalog = visit(servers[1])
    assert catalog.wait_for_end() == "completed"
    assert catalog.status()["operation"]["id"] == answers[0][1]
