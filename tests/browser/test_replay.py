"""A past sync on the live screen again, by the fold that serves live pages."""

import random
import re
from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest
from playwright.sync_api import Page, expect

from frontend import words
from frontend.panel import panel
from syncengine import log, triggers
from syncengine.events import Event
from syncengine.models import SyncEvent, SyncOperation
from syncengine.projection import Status, apply, empty
from syncengine.sentences import sentence
from tests import patience
from tests.browser import sheets
from tests.browser.conftest import Serve, Visit
from tests.browser.people import session_of
from tests.browser.serving import Server
from tests.browser.test_accessibility import check
from tests.browser.watch import Watch
from tests.demo import Demo
from tests.lives import failed, moment, sync
from tests.tampering import drop_triggers

pytestmark = pytest.mark.once

POSITIONS = 25  # tried of each sync
LONG = 2600  # events: more pages than one
MAX_SCRUB_MS = 200  # from a position to any other, with the machine's other work

STATUS = """async () => {
  const store = document.querySelector('link[href*="/store."]').href;
  return (await import(store)).current().status;
}"""
SHOWN = """() => {
  const panel = document.querySelector("sync-panel");
  const part = (name) => panel.querySelector(`[data-part=${name}]`);
  const text = (name) => part(name).textContent.replace(/\\s+/g, " ").trim();
  const time = (name) => (part(name).hidden ? null : part(name).textContent.trim());
  const bar = part("bar");
  return {
    state: panel.dataset.state,
    headline: text("headline"),
    result: text("result"),
    last_label: text("lastLabel"),
    last: time("lastTime"),
    started: time("startedAt"),
    figures: text("figures"),
    rate: text("rate"),
    left: text("left"),
    remark: text("remark"),
    countdown: time("countdown"),
    took: text("took"),
    steps: [...panel.querySelectorAll("[data-step]")].map((step) => step.dataset.mark),
    bar: bar.hidden ? null : bar.getAttribute("aria-valuetext"),
    widths: ["synced", "failed"].map((name) => part(name).getAttribute("width")),
    failures: [...panel.querySelectorAll("failure-list li")].map((one) =>
      one.textContent.replace(/\\s+/g, "")),
  };
}"""
GO_TO = """(position) => {
  const slider = document.querySelector("replay-deck input");
  slider.value = position;
  slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
}"""
# How long it takes from one input to what is shown of it, in milliseconds.
SCRUB = """async (positions) => {
  const slider = document.querySelector("replay-deck input");
  const number = document.querySelector("[data-part=number]");
  const times = [];
  for (const position of positions) {
    const began = performance.now();
    slider.value = position;
    slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
    while (number.textContent !== String(position - slider.min + 1)) {
      await new Promise(requestAnimationFrame);
    }
    times.push(performance.now() - began);
  }
  return times;
}"""


@pytest.fixture
def server(serve: Serve, visit: Visit, demo: Demo) -> Server:
    """A product with three syncs: of new albums with failures, of changes, and one that failed."""
    [server] = serve(**patience.MUCH)
    catalog = visit(server)
    demo.sheet(*sheets.rows(8), *sheets.failing_rows())
    assert catalog.sync() == "warnings"
    demo.sheet(*sheets.rows(9, label="anew"))
    assert catalog.sync() == "completed"
    demo.behave(sheet="hidden")
    assert catalog.sync() == "failed"
    demo.behave(sheet="normal")
    return server


def at_each_position() -> dict[int, tuple[Status, Event]]:
    status, found = empty(log.head().log_id), {}
    for event in log.events_after(0, 100_000):
        status = apply(status, event)
        found[event.position] = (status, event)
    return found


def path(operation: object, at: object = "") -> str:
    return f"/syncs/{operation}/replay/{f'?at={at}' if at else ''}"


def newest() -> SyncOperation:
    return SyncOperation.objects.order_by("-first_position")[0]


def go_to(page: Page, position: int) -> None:
    page.evaluate(GO_TO, position)
    expect(page.locator("[data-part=link] > span")).to_have_text(str(position))


def must_show(page: Page, status: Status, event: Event, *, scripts: bool = True) -> None:
    """Fails unless the page says what Python's panel says of this status at this moment, of which
    scripts know the milliseconds only."""
    operation, at = status["operation"], event.at
    if scripts:
        pace = [[_in_ms(sample), done] for sample, done in operation["pace"]]
        operation, at = operation | {"pace": pace}, _in_ms(at)
    now = datetime.fromisoformat(at)
    mine = panel(status | {"operation": operation}, now)
    shown = page.evaluate(SHOWN)
    same = ("state", "headline", "result", "last_label", "figures", "rate", "left")
    assert {name: shown[name] for name in same} == {
        name: mine[name].strip() if isinstance(mine[name], str) else mine[name] for name in same
    }
    assert shown["remark"] == mine["remark"]
    assert shown["steps"] == [step["mark"] for step in mine["steps"]]
    assert shown["bar"] == (mine["bar"] and mine["bar"]["text"])
    if mine["bar"] and mine["bar"]["max"]:
        assert shown["widths"] == [mine["bar"]["synced"], mine["bar"]["failed"]]
    assert shown["failures"] == [
        "".join(_told(failure).split()) for failure in reversed(operation["failures"])
    ]
    until = operation["waiting_until"]
    assert shown["countdown"] == (until and words.span(-_seconds(until, now)))
    last = status["last_synced_at"]
    assert shown["last"] == (last and words.ago(_seconds(last, now)))
    assert shown["started"] == words.short_ago(_seconds(operation["requested_at"], now))
    assert page.locator("[data-part=sentence]").text_content() == sentence(event.kind, event.data)


def _in_ms(moment: str) -> str:
    return f"{moment[: len('2026-11-22T19:23:51.000')]}Z"


def _told(failure: dict[str, Any]) -> str:
    by = f"by {failure['artist']}" if failure["artist"] else ""
    title = failure["title"] or "Untitled"
    return f"Row {failure['row']} {title} {by} {failure['message']} {failure['remedy']}"


def _seconds(moment: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(moment)).total_seconds()


def test_at_any_position_it_shows_what_the_fold_says(server: Server, visit: Visit) -> None:
    chance, folded = random.Random(1), at_each_position()
    page = visit(server, "auditor", live=False).page
    for stored in SyncOperation.objects.all():
        page.goto(path(stored.pk))
        positions = [chance.randint(stored.first_position, stored.last_position)]
        positions += chance.choices(
            range(stored.first_position, stored.last_position + 1), k=POSITIONS
        )
        for position in [*positions, stored.first_position, stored.last_position]:
            go_to(page, position)
            assert page.evaluate(STATUS) == folded[position][0], position
            must_show(page, *folded[position])


def test_the_end_of_the_newest_sync_is_the_status(server: Server, visit: Visit) -> None:
    page = visit(server, "auditor", live=False).page
    page.goto(path(newest().pk))
    page.get_by_role("link", name="Last event").click()
    expect(page.locator("sync-panel")).to_have_attribute("data-state", "failed")
    status = server.get("/api/status", f"sessionid={session_of('auditor')}")
    assert page.evaluate(STATUS) == status


def test_without_javascript_it_says_the_same(server: Server, visit: Visit) -> None:
    folded = at_each_position()
    first = SyncOperation.objects.order_by("first_position")[0]
    page = visit(server, "auditor", live=False, java_script_enabled=False).page
    page.goto(path(first.pk))
    for position in range(first.first_position, first.last_position + 1):
        number = position - first.first_position + 1
        expect(page.locator("[data-part=number]")).to_have_text(str(number))
        must_show(page, *folded[position], scripts=False)
        if position < first.last_position:
            page.get_by_role("link", name="Next event").click()
    page.get_by_role("link", name="First event").click()
    page.get_by_role("slider", name="Event").press("End")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{server.origin}{path(first.pk, first.last_position)}")
    must_show(page, *folded[first.last_position], scripts=False)
    assert "Without JavaScript it does not play" in (page.text_content("noscript") or "")
    expect(page.get_by_role("button", name="Play")).to_be_hidden()


def test_what_a_link_names_is_shown_at_once_and_others_see_the_same(
    server: Server, visit: Visit
) -> None:
    folded = at_each_position()
    first = SyncOperation.objects.order_by("first_position")[0]
    page = visit(server, "auditor", live=False).page
    page.goto(path(first.pk))
    page.get_by_role("slider").press("End")
    for _ in range(3):
        page.get_by_role("link", name="Previous event").click()
    position = first.last_position - 3
    expect(page).to_have_url(f"{server.origin}{path(first.pk, position)}")
    other = visit(server, "admin", live=False).page
    other.goto(page.url)
    must_show(other, *folded[position])
    link = other.locator("[data-part=link]")
    assert link.get_attribute("href") == f"/syncs/{first.pk}/?at={position}#e{position}"


def test_the_keyboard_alone_goes_anywhere(server: Server, visit: Visit) -> None:
    first = SyncOperation.objects.order_by("first_position")[0]
    count = first.last_position - first.first_position + 1
    page = visit(server, "auditor", live=False).page
    page.goto(path(first.pk))
    number, slider = page.locator("[data-part=number]"), page.get_by_role("slider")
    page.get_by_role("link", name="The live page").focus()
    page.keyboard.press("Tab")
    expect(slider).to_be_focused()
    for key, place in [
        ("ArrowRight", 2),
        ("ArrowUp", 3),
        ("ArrowLeft", 2),
        ("PageUp", 2 + round((count - 1) / 10)),
        ("PageDown", 2),
        ("End", count),
        ("Home", 1),
    ]:
        page.keyboard.press(key)
        expect(number).to_have_text(str(place))
    words_ = sentence("requested", at_each_position()[first.first_position][1].data)
    assert slider.get_attribute("aria-valuetext") == f"Event 1 of {count}: {words_}"
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Play")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Next event")).to_be_focused()
    for _ in range(count + 1):
        page.keyboard.press("Enter")
    expect(number).to_have_text(str(count))
    expect(page.get_by_role("link", name="Next event")).to_be_focused()


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_it_plays_to_the_end_when_told_to_and_not_before(
    server: Server, visit: Visit, motion: Any
) -> None:
    first = SyncOperation.objects.order_by("first_position")[0]
    count = first.last_position - first.first_position + 1
    page = visit(server, "auditor", live=False, reduced_motion=motion).page
    page.goto(path(first.pk))
    number, said = page.locator("[data-part=number]"), page.get_by_role("status")
    page.wait_for_timeout(1_200)  # longer than any event would stay
    expect(number).to_have_text("1")
    page.get_by_role("button", name="Play").click()
    expect(number).not_to_have_text("1")
    page.get_by_role("button", name="Pause").click()
    expect(said).to_have_text(re.compile(f"Paused at event [0-9]+ of {count}."))
    page.get_by_label("Speed").select_option("60×")
    page.get_by_role("button", name="Play").click()
    expect(said).to_have_text("The replay has ended.")
    expect(number).to_have_text(str(count))
    expect(page.locator("sync-panel")).to_have_attribute("data-state", "warnings")
    page.get_by_label("Speed").select_option("All in 20 s")
    page.get_by_role("button", name="Play again").click()
    expect(page.locator("sync-panel")).to_have_attribute("data-state", "running")


def test_nothing_is_done_in_a_replay_and_nothing_live_reaches_it(
    server: Server, visit: Visit, demo: Demo
) -> None:
    first = SyncOperation.objects.order_by("first_position")[0]
    page = visit(server, "admin", "", live=False).page
    sockets: list[Any] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    page.goto(path(first.pk, first.first_position + 8))
    expect(page.get_by_text("Replay, not live")).to_be_visible()
    for name in ("Sync Now", "Cancel", "Retry"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    before = page.evaluate(SHOWN)
    visit(server, "admin2").sync()
    assert (page.evaluate(SHOWN), sockets) == (before, [])
    page.get_by_role("link", name="The live page").click()
    expect(page.get_by_role("button", name="Sync Now")).to_be_visible()


def test_a_sync_under_way_ends_at_its_newest_event(
    server: Server, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(8, label="again"), *sheets.failing_rows())
    demo.behave(latency_ms=600_000)
    catalog = visit(server, "admin")
    catalog.start()
    expect(catalog.headline).to_have_text("Syncing album 4 of 13...")
    page = visit(server, "auditor", live=False).page
    page.goto(path(newest().pk))
    expect(page.get_by_text("It is still under way")).to_be_visible()
    page.get_by_role("slider").press("End")
    expect(page.locator("sync-panel [data-part=headline]")).to_have_text("Syncing album 4 of 13...")
    check(page, "a replay of a sync under way", (360, 1280))
    catalog.part("cancelButton").click()
    catalog.wait_for_end()
    page.get_by_role("link", name="Load it again").click()
    page.get_by_role("slider").press("End")
    expect(page.locator("[data-part=sentence]")).to_contain_text("Sync cancelled")


def test_a_log_that_does_not_hold_is_not_replayed(
    server: Server, visit: Visit, watch: Watch
) -> None:
    first = SyncOperation.objects.order_by("first_position")[0]
    drop_triggers()
    SyncEvent.objects.filter(pk=first.first_position + 5).update(hash="0" * 64)
    triggers.install()
    page = visit(server, "auditor", live=False).page
    page.goto(path(first.pk))
    expect(page.locator("sync-panel").get_by_role("alert")).to_contain_text(
        f"event {first.first_position + 6} does not follow"
    )
    check(page, "a log that does not hold", (360, 1280))


def test_what_cannot_be_read_is_told_and_read_again(
    server: Server, visit: Visit, watch: Watch
) -> None:
    watch.allow("net::ERR_")
    first = SyncOperation.objects.order_by("first_position")[0]
    page = visit(server, "auditor", live=False).page
    page.route("**/api/syncs/**", lambda route: route.abort())
    page.goto(path(first.pk))
    alert = page.locator("sync-panel").get_by_role("alert")
    expect(alert).to_contain_text("could not be read")
    page.unroute("**/api/syncs/**")
    page.get_by_role("link", name="Next event").click()
    expect(page.locator("[data-part=number]")).to_have_text("2")
    expect(alert).to_be_hidden()


def test_a_wait_of_hours_is_told_as_of_then_and_makes_nobody_wait(
    serve: Serve, visit: Visit
) -> None:
    operation = sync("2026-11-03 12:00", failed(None), end="")
    wait = {"until": "2026-11-03T18:30:00.000000Z", "service": "spotify", "reason": "quota"}
    again = {"worker": "w", "attempt": 2, "reason": "wait-over"}
    counts = dict.fromkeys(("synced", "added", "updated", "unchanged", "removed"), 0)
    for at, kind, data in [
        ("2026-11-03 12:10", "waiting", wait),
        ("2026-11-03 18:30", "resumed", again),
        ("2026-11-03 18:31", "completed", {"total": 1, "failed": 1, **counts}),
    ]:
        with patch("django.utils.timezone.now", lambda at=at: moment(at)), log.appending() as log_:
            log_.append(kind, data, operation)
    [server] = serve()
    folded = at_each_position()
    waiting = len(folded) - 2
    page = visit(server, "auditor", "", live=False).page
    page.goto(path(operation, waiting))
    page.get_by_role("link", name="Previous event").click()
    page.get_by_role("link", name="Next event").click()
    must_show(page, *folded[waiting])
    expect(page.locator("sync-panel .remark")).to_contain_text("in 6 h 20 min")
    check(page, "a replay of a wait", (360, 1280))
    page.get_by_label("Speed").select_option("1×")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("status")).to_have_text("The replay has ended.", timeout=15_000)
    expect(page.locator("[data-part=passed]")).to_have_text(", 6 h 31 min after it was asked for")


def test_a_long_sync_is_gone_through_without_waiting(serve: Serve, visit: Visit) -> None:
    operation = sync(
        "2026-11-03 14:02", *(failed(None, f"Album {n}", n + 2) for n in range(LONG - 6))
    )
    [server] = serve()
    folded = at_each_position()
    page = visit(server, "auditor", live=False).page
    page.goto(path(operation, 1200))
    must_show(page, *folded[1200])
    chance = random.Random(2)
    go_to(page, LONG)
    positions = [chance.randint(1, LONG) for _ in range(100)]
    times = page.evaluate(SCRUB, positions)
    print("ms from an input to the page:", sorted(times)[50], "median,", max(times), "at most")
    assert sorted(times)[95] < MAX_SCRUB_MS
    must_show(page, *folded[positions[-1]])
    assert page.evaluate(STATUS) == folded[positions[-1]][0]


def test_it_is_accessible_in_every_state(server: Server, visit: Visit) -> None:
    page = visit(server, "auditor", live=False).page
    for number, stored in enumerate(SyncOperation.objects.order_by("first_position")):
        page.goto(path(stored.pk))
        check(page, f"sync {number}, its request")
        page.get_by_role("slider").press("End")
        check(page, f"sync {number}, its end")
    first = SyncOperation.objects.order_by("first_position")[0]
    page.goto(path(first.pk, first.last_position - 2))
    page.locator("failure-list summary").click()
    check(page, "failures, open")
