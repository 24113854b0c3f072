"""The server is killed in the middle of a sync and started again."""

import re

from playwright.sync_api import expect

from syncengine.models import SyncEvent
from tests.browser import sheets
from tests.browser.conftest import Serve, Visit
from tests.browser.people import session_of
from tests.browser.watch import Watch
from tests.demo import Demo

LEASE_AND_MORE_S = 90


def test_after_a_crash_the_same_sync_goes_on_and_nothing_is_lost_or_doubled(
    serve: Serve, visit: Visit, demo: Demo, watch: Watch
) -> None:
    watch.allow("net::ERR_", "WebSocket connection to")
    demo.sheet(*sheets.rows(47))
    demo.behave(latency_ms=700)
    [server] = serve()
    catalog = visit(server)
    catalog.record()
    catalog.start()
    expect(catalog.part("figures")).to_have_text(re.compile(r"^(1[6-9]|[23]\d)/47"))
    server.kill()
    expect(catalog.page.locator("html")).not_to_have_attribute("data-connection", "live")
    expect(catalog.page.locator("connection-chip")).to_contain_text("Reconnecting")
    demo.behave(latency_ms=0)
    server.start()
    catalog.wait_live()
    assert catalog.wait_for_end(LEASE_AND_MORE_S) == "completed"
    expect(catalog.result).to_have_text("Sync complete! Updated 47 albums")

    cookies = f"sessionid={session_of('admin')}"
    assert catalog.status() == server.get("/api/status", cookies)
    catalog.must_equal(visit(server))
    expect(catalog.cards).to_have_count(47)
    assert catalog.seen("button") == ["Sync Now", "Syncing...", "Sync Now"]  # without a reload
    kinds = list(SyncEvent.objects.order_by("position").values_list("kind", flat=True))
    assert kinds.count("requested") == 1
    assert kinds.count("resumed") == 1
    assert kinds.count("album-synced") == 47
