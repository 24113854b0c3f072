"""E4: Spotify asks us to wait, in the middle of a sync."""

from playwright.sync_api import expect

from tests.browser import sheets
from tests.browser.conftest import Serve, Visit
from tests.demo import Demo


def test_e4_a_429_is_visible_with_its_countdown_and_the_sync_goes_on(
    serve: Serve, visit: Visit, demo: Demo
) -> None:
    # Few albums: a refusal teaches the limiter how many calls Spotify takes, and it is obeyed.
    demo.sheet(*sheets.rows(2))
    demo.behave(rate_limit_calls=1, rate_limit_seconds=6)
    [server] = serve()
    catalog, other = visit(server), visit(server, "viewer")
    for one in (catalog, other):
        one.record()
    catalog.start()
    for one in (catalog, other):
        expect(one.headline).to_have_text("Waiting for Spotify...")
        expect(one.panel).to_have_attribute("data-state", "waiting")
        expect(one.part("remark")).to_have_text(
            "Spotify: it takes no calls at the moment. Goes on by itself at"
        )
        expect(one.part("until").locator("time")).to_be_visible()
        expect(one.part("countdown").locator("time")).to_be_visible()
    expect(catalog.part("cancelButton")).to_be_enabled()
    expect(catalog.button).to_be_disabled()
    assert catalog.wait_for_end() == other.wait_for_end() == "completed"
    expect(catalog.result).to_have_text("Sync complete! Updated 2 albums")
    for one in (catalog, other):
        seconds = [int(text.split()[0]) for text in one.seen("countdown") if text[:1].isdigit()]
        assert len(seconds) >= 3
        assert seconds == sorted(seconds, reverse=True)
