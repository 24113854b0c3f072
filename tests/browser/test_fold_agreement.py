"""The fold and the words exist twice, in Python and in JavaScript: both say the same of any log."""

import json
import mimetypes
import statistics
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, Route

from frontend.panel import panel, rate
from frontend.pattern import pattern
from syncengine.events import Event
from syncengine.projection import Status, apply, empty
from syncengine.sentences import REASONS, SERVICES
from tests.chain import hash_of
from tests.examples import EXAMPLES, OPERATION
from tests.faults import crowd
from tests.logs import BEGIN, event_logs

STATIC = Path(__file__).resolve().parents[2] / "frontend" / "static"
ORIGIN = "http://modules.test"
LOGS = 120
CUTS = 8

LOAD = """async () => {
  window.fold = await import("/js/status.js");
  window.words = await import("/js/sentences.js");
  window.view = { ...(await import("/js/panel-view.js")) };
  window.frozen = (value) => {
    if (value && typeof value === "object") Object.values(Object.freeze(value)).forEach(frozen);
    return value;
  };
}"""

# The status after each event, from arguments that cannot be written to.
STATUSES = """([logId, events]) => {
  const statuses = [frozen(fold.empty(logId))];
  for (const event of frozen(events)) {
    statuses.push(frozen(fold.apply(statuses.at(-1), event)));
  }
  return JSON.stringify(statuses);
}"""

# For each cut: the fold of what follows it, onto the snapshot there as it travels.
CUT = """([events, snapshots]) => JSON.stringify(snapshots.map(([position, snapshot]) =>
  fold.fold(events.slice(position), JSON.parse(snapshot))))"""

GAPS = """([status, events]) => events.map((event) => {
  try {
    fold.apply(status, event);
    return "applied";
  } catch (error) {
    return error instanceof fold.Gap ? "gap" : String(error);
  }
})"""

BACKOFFS = """async (attempt) => {
  const { backoffMs } = await import("/js/backoff.js");
  return Array.from({ length: 1000 }, () => backoffMs(attempt));
}"""

PANELS = """(statuses) => statuses.map(({ operation }) => view.panelView(operation, null, null))"""


@pytest.fixture(scope="module")
def modules(chromium: Browser) -> Iterator[Page]:
    """A page with the product's modules, from their files."""

    def answer(route: Route) -> None:
        path = STATIC / route.request.url.removeprefix(f"{ORIGIN}/")
        if path.suffix == ".js":
            route.fulfill(path=path, content_type=mimetypes.types_map[".js"])
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    page = chromium.new_page()
    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/")
    page.evaluate(LOAD)
    yield page
    page.close()


def in_python(log: list[Event]) -> list[Status]:
    statuses = [empty(log[0].previous_hash if log else "0" * 64)]
    for event in log:
        statuses.append(apply(statuses[-1], event))
    return statuses


def as_json(log: list[Event]) -> list[dict[str, Any]]:
    return [event.as_json() for event in log]


def must_agree(modules: Page, log: list[Event]) -> None:
    statuses = in_python(log)
    answer = modules.evaluate(STATUSES, [statuses[0]["hash"], as_json(log)])
    for position, (mine, its) in enumerate(zip(statuses, json.loads(answer), strict=True)):
        assert its == mine, f"after event {position}"


@given(log=event_logs())
@settings(max_examples=LOGS)
def test_every_status_of_a_log_is_the_same(modules: Page, log: list[Event]) -> None:
    must_agree(modules, log)


@given(log=event_logs())
@settings(max_examples=LOGS // 2)
def test_a_snapshot_and_what_follows_it_make_the_whole(modules: Page, log: list[Event]) -> None:
    statuses = in_python(log)
    cuts = range(0, len(log) + 1, max(1, len(log) // CUTS))
    snapshots = [(cut, json.dumps(statuses[cut])) for cut in cuts]
    answer = json.loads(modules.evaluate(CUT, [as_json(log), snapshots]))
    assert answer == [statuses[-1]] * len(snapshots)


@given(log=event_logs(), data=st.data())
@settings(max_examples=LOGS // 2)
def test_a_gap_a_repeat_and_a_foreign_event_are_noticed(
    modules: Page, log: list[Event], data: st.DataObject
) -> None:
    statuses = in_python(log)
    if len(log) < 3:
        return
    position = data.draw(st.integers(1, len(log) - 2))
    following = log[position].as_json()
    foreign = {**following, "previous_hash": "f" * 64}
    tried = [log[position - 1].as_json(), log[position + 1].as_json(), foreign, following]
    answer = modules.evaluate(GAPS, [statuses[position], tried])
    assert answer == ["gap", "gap", "gap", "applied"]


def test_every_example_is_folded_the_same(modules: Page) -> None:
    must_agree(modules, chained(EXAMPLES))
    # Each one as the second event, too, where nothing prepares it but the request.
    requested = EXAMPLES[0]
    for example in EXAMPLES:
        must_agree(modules, chained([requested, example]))


def test_an_unknown_kind_changes_the_position_only(modules: Page) -> None:
    unknown = {"kind": "of-tomorrow", "version": 7, "operation": OPERATION, "data": {"x": [1]}}
    must_agree(modules, chained([EXAMPLES[0], unknown, unknown]))


def test_the_words_are_the_same(modules: Page) -> None:
    assert modules.evaluate("words.SERVICES") == SERVICES
    assert modules.evaluate("words.REASONS") == REASONS


@given(log=event_logs())
@settings(max_examples=LOGS // 2)
def test_the_panel_says_the_same(modules: Page, log: list[Event]) -> None:
    """`headline` and what else the panel makes of a status alone. Durations and rates follow from
    times, of which JavaScript knows the milliseconds only."""
    panels_must_agree(modules, in_python(log))


@pytest.mark.parametrize("failed", [1, 100, 101, 500, 501])
def test_the_panel_offers_a_retry_of_what_one_event_can_name(modules: Page, failed: int) -> None:
    status = next(
        status
        for status in in_python(chained(EXAMPLES))
        if status["operation"] and status["operation"]["state"] == "completed"
    )
    status = status | {"operation": status["operation"] | {"failed": failed}}
    [(mine, its)] = panels_must_agree(modules, [status])
    assert mine["retry"] == its["retry"] == (failed if failed <= 500 else 0)
    assert ("Sync Now tries all of them" in mine["remark"]) == (failed > 500)


@pytest.mark.parametrize(("reason", "late_s"), [("quota", 0), ("storage", 14), ("storage", 16)])
def test_a_missing_worker_is_told_in_the_same_words(
    modules: Page, reason: str, late_s: int
) -> None:
    status = next(
        status
        for status in in_python(chained(EXAMPLES))
        if status["operation"] and status["operation"]["state"] == "waiting"
    )
    operation = status["operation"] | {"waiting_reason": reason}
    now = datetime.fromisoformat(operation["waiting_until"]) + timedelta(seconds=late_s)
    mine = panel(status | {"operation": operation}, now, worker_missing=True)
    its = modules.evaluate(
        "([operation, now]) => view.missingWorker(operation, Date.parse(now))",
        [operation, now.isoformat(timespec="milliseconds")],
    )
    assert bool(its) == mine["stuck"] == (reason != "storage" or late_s > 15)
    assert not its or its == mine["remark"]


def panels_must_agree(
    modules: Page, statuses: list[Status]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Fails unless both say the same of every status; returns what Python and JavaScript say."""
    panels = [panel(status, BEGIN) for status in statuses]
    both = list(zip(panels, modules.evaluate(PANELS, statuses), strict=True))
    for mine, its in both:
        same = ("state", "busy", "headline", "result", "figures", "remark")
        assert {name: its[name] for name in same} == {name: mine[name] for name in same}
        assert its["steps"] == [step["mark"] for step in mine["steps"]]
        assert (its["bar"] is None) == (mine["bar"] is None)
        assert not mine["bar"] or its["bar"]["max"] == mine["bar"]["max"]
    return both


@given(
    steps=st.lists(st.tuples(st.integers(-4_000_000, 4_000_000), st.integers(1, 9)), max_size=30),
    now_ms=st.integers(-4_000_000, 4_000_000),
)
@settings(max_examples=LOGS // 2)
def test_the_rate_is_the_same_however_clocks_jump(
    modules: Page, steps: list[tuple[int, int]], now_ms: int
) -> None:
    pace = []
    at, done = BEGIN.replace(microsecond=0), 0
    for step_ms, albums in steps:
        at, done = at + timedelta(milliseconds=step_ms % 5000 or step_ms), done + albums
        pace.append([at.isoformat(timespec="milliseconds"), done])
    now = at + timedelta(milliseconds=now_ms % 20_000 if now_ms > 0 else now_ms)
    its = modules.evaluate(
        """async ([pace, now]) => (await import("/js/rate.js")).rate({ pace }, Date.parse(now))""",
        [pace, now.isoformat(timespec="milliseconds")],
    )
    assert its == pytest.approx(rate({"pace": pace}, now))


def chained(examples: list[dict[str, Any]]) -> list[Event]:
    log: list[Event] = []
    for number, example in enumerate(examples, start=1):
        previous_hash = log[-1].hash if log else "0" * 64
        at = f"2026-11-22T19:23:51.{number:06}Z"
        parts = (example["operation"], example["kind"], example["version"], at, example["data"])
        digest = hash_of(previous_hash, number, *parts)
        log.append(Event(number, *parts, previous_hash, digest))
    return log


def test_browsers_come_back_at_any_time_up_to_a_limit(modules: Page) -> None:
    """As the crowds in the tests of faults do, which count on it."""
    for attempt in (0, 1, 2, 3, 20):
        limit_ms = 1000 * min(crowd.LONGEST_S, crowd.FIRST_S * 2**attempt)
        waits_ms = modules.evaluate(BACKOFFS, attempt)
        assert limit_ms <= 5000
        assert 0 <= min(waits_ms) < 0.05 * limit_ms
        assert 0.95 * limit_ms < max(waits_ms) <= limit_ms
        assert 0.4 * limit_ms < statistics.mean(waits_ms) < 0.6 * limit_ms


def test_the_picture_of_an_album_without_a_cover_is_the_same(modules: Page) -> None:
    albums = [
        UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128) for number in range(50)
    ]
    drawn = modules.evaluate(
        """async (albums) => {
          const { pattern } = await import("/js/pattern.js");
          return albums.map((album) => JSON.stringify(pattern(album)));
        }""",
        [str(album) for album in albums],
    )
    expected = json.loads(json.dumps([asdict(pattern(album)) for album in albums]))
    assert [json.loads(picture) for picture in drawn] == expected
