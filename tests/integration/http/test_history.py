"""The history: found by what was asked for, and never an answer to another question."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

import frontend.history_page
from albums.sources.errors import NetworkError
from syncengine import log, operations
from syncengine.models import SyncOperation
from tests.accounts import client
from tests.examples import example
from tests.histories import FIRST, SECOND, begin, stage, write_history
from tests.integration.http.answers import HTML, JSON, error

MAX_CHART_BYTES = 15 * 1024
SYNC_LINK = re.compile(r'class="sync-link"[^>]*href="/syncs/([0-9a-f-]{36})/"')


@pytest.fixture
def auditor(database: str) -> Iterator[Client]:
    yield client("auditor")
    connections.close_all()


@pytest.fixture
def syncs(auditor: Client) -> list[str]:
    """The ids of three syncs, the oldest first: ann's with an album that failed, bob's, which eve
    cancelled, and one of ann's that failed as a whole."""
    write_history()
    ids = SyncOperation.objects.order_by("first_position").values_list("pk", flat=True)
    return [str(pk) for pk in ids]


def page(auditor: Client, path: str = "/syncs/", **query: Any) -> str:
    answer = auditor.get(path, query or None, headers=HTML)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def listed(text: str) -> list[str]:
    """The ids of the syncs on a page, in its order."""
    return SYNC_LINK.findall(text)


def links(text: str) -> dict[str, str]:
    """Where the links of a page lead, by their texts."""

    class Links(HTMLParser):
        found: dict[str, str] = {}
        href = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.href = dict(attrs).get("href") or "" if tag == "a" else ""

        def handle_data(self, data: str) -> None:
            if self.href:
                self.found.setdefault(data, self.href)

    parser = Links()
    parser.found = {}
    parser.feed(text)
    return parser.found


def test_every_sync_is_listed_the_newest_first(auditor: Client, syncs: list[str]) -> None:
    assert listed(page(auditor)) == syncs[::-1]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"state": "warnings"}, [0]),
        ({"state": "completed"}, []),
        ({"state": "cancelled"}, [1]),
        ({"state": "failed"}, [2]),
        ({"state": "running"}, []),
        ({"by": "ann"}, [0, 2]),
        ({"by": "bob"}, [1]),
        ({"by": "eve"}, []),
        ({"trigger": "button"}, [0, 1, 2]),
        ({"trigger": "api"}, []),
        ({"code": "album-ambiguous"}, [0]),
        ({"code": "network"}, [2]),
        ({"code": "no-such-code"}, []),
        ({"album": FIRST}, [0, 1]),
        ({"album": SECOND, "by": "ann"}, [0]),
        ({"album": FIRST, "code": "network"}, []),
        ({"by": "ann", "state": "failed", "trigger": "button", "code": "network"}, [2]),
    ],
)
def test_a_filter_finds_just_the_syncs_that_fit(
    auditor: Client, syncs: list[str], query: dict[str, str], places: list[int]
) -> None:
    assert listed(page(auditor, **query)) == [syncs[place] for place in reversed(places)]


def test_days_are_those_of_utc_and_both_are_included(auditor: Client) -> None:
    now = timezone.now()
    for days in (3, 2, 1):
        with patch("django.utils.timezone.now", lambda: now - timedelta(days)):  # noqa: B023
            operations.fail(begin(), NetworkError())
    day = {days: f"{now - timedelta(days):%Y-%m-%d}" for days in (3, 2, 1)}
    oldest, middle, newest = SyncOperation.objects.order_by("first_position")
    for query, wanted in (
        ({"since": day[2], "until": day[2]}, [middle]),
        ({"since": day[2]}, [newest, middle]),
        ({"until": day[2]}, [middle, oldest]),
        ({"since": "0001-01-01", "until": "9999-12-31"}, [newest, middle, oldest]),
    ):
        assert listed(page(auditor, **query)) == [str(one.pk) for one in wanted], query


def test_an_album_that_fails_in_a_sync_under_way_is_found_there(auditor: Client) -> None:
    claim = begin()
    stage(claim, "sheet")
    stage(claim, "spotify", 2)
    stage(claim, "albums", 2)
    for failed in (1, 2):
        data = example("album-failed")["data"] | {"album": FIRST, "n": failed, "total": 2}
        operations.append(claim, "album-failed", data)
    text = page(auditor, code="album-ambiguous")
    assert listed(text) == [claim.operation]
    assert "2 failed." in text
    assert "Syncing album 2 of 2..." in text
    assert "does not move on by itself without JavaScript" in text


def test_the_filter_is_in_the_form_and_can_be_cleared(auditor: Client, syncs: list[str]) -> None:
    text = page(auditor, by="ann", state="failed", since="2020-01-01")
    assert 'name="by" value="ann"' in text
    assert '<option value="failed" selected>' in text
    assert 'type="date" value="2020-01-01"' in text
    assert links(text)["Clear filters"] == "/syncs/"


def test_an_answer_without_syncs_says_so_and_offers_to_clear_the_filters(
    auditor: Client, syncs: list[str]
) -> None:
    text = page(auditor, by="nobody")
    assert "No sync matches." in text
    assert links(text)["Clear filters"] == "/syncs/"
    assert 'class="chart"' not in text


def test_before_the_first_sync_the_page_says_that_there_is_none(auditor: Client) -> None:
    assert "Never synced." in page(auditor)


# Albums, by their names


def test_the_name_of_one_album_leads_to_its_syncs(auditor: Client, syncs: list[str]) -> None:
    answer = auditor.get("/syncs/", {"album": "homogenic", "by": "bob", "before": "9"})
    assert answer.status_code == 302
    assert answer["Location"] == f"/syncs/?by=bob&album={FIRST}"
    text = page(auditor, answer["Location"])
    assert listed(text) == [syncs[1]]
    assert links(text)["Homogenic"] == f"/albums/{FIRST}/"
    assert links(text)["Any album"] == "?by=bob"


def test_a_name_of_several_albums_asks_which_and_shows_no_sync(
    auditor: Client, syncs: list[str]
) -> None:
    text = page(auditor, album="BJORK", state="cancelled")
    assert "Which album?" in text
    assert links(text)["Homogenic"] == f"?state=cancelled&album={FIRST}"
    assert listed(text) == []


def test_a_name_of_no_album_says_so(auditor: Client, syncs: list[str]) -> None:
    text = page(auditor, album="Vespertine")
    assert "No album matches." in text
    assert listed(text) == []


# Pages


def test_pages_keep_the_filter_and_lead_back_to_the_newest(
    auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontend.history_page, "SYNCS_PER_PAGE", 2)
    for by in ("ann", "bob", "ann", "ann", "bob", "ann", "ann"):
        operations.fail(begin(by), NetworkError())
    wanted = SyncOperation.objects.filter(requested_by="ann").order_by("-first_position")
    found, path = [], "/syncs/?by=ann&code=network"
    for last in (False, False, True):
        text = page(auditor, path)
        found += listed(text)
        assert ("Older syncs" in links(text)) is not last
        assert ("Newest syncs" in links(text)) is bool("before" in path)
        path = "/syncs/" + links(text).get("Older syncs", "")
    assert found == [str(one.pk) for one in wanted]
    assert links(text)["Newest syncs"] == "?by=ann&code=network"


def test_beyond_the_oldest_sync_the_page_leads_back(auditor: Client, syncs: list[str]) -> None:
    text = page(auditor, by="ann", before=1)
    assert "There are no older syncs." in text
    assert links(text)["Back to the newest"] == "?by=ann"


# What is refused


@pytest.mark.parametrize(
    "query",
    [
        {"since": "tomorrow"},
        {"since": "2026-11-04", "until": "2026-11-03"},
        {"state": "done"},
        {"trigger": "cron"},
        {"code": "No Match"},
        {"album": str(uuid4())},
        {"before": "-3"},
        {"before": "999999999"},
        {"by": "a\0b"},
        {"from": "2026-11-03"},
        {"state": "failed", "nonsense": "1"},
    ],
)
def test_what_is_not_understood_is_refused_in_words_and_never_left_out(
    auditor: Client, syncs: list[str], query: dict[str, str]
) -> None:
    answer = auditor.get("/syncs/", query, headers=HTML)
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "Nothing is shown, because the filters cannot be used" in text
    assert links(text)["Clear filters"] == "/syncs/"
    assert listed(text) == [] and 'class="chart"' not in text
    told = error(refused := auditor.get("/syncs/", query, headers=JSON))
    assert (refused.status_code, told["code"]) == (400, "bad-filter")
    assert set(query) & set(re.findall(r"\w+", told["message"]))


def test_what_was_refused_stands_in_the_form_beside_what_is_wrong(
    auditor: Client, syncs: list[str]
) -> None:
    answer = auditor.get("/syncs/", {"code": "No Match", "by": "ann"}, headers=HTML)
    text = answer.content.decode()
    assert 'value="No Match"' in text and 'aria-describedby="problem-code"' in text
    assert 'id="problem-code"' in text and "“No Match” is no error code" in text
    assert 'name="by" value="ann"' in text and 'id="problem-by"' not in text


# Rows


def test_a_row_tells_who_how_when_and_its_first_error(auditor: Client, syncs: list[str]) -> None:
    text = page(auditor, state="warnings")
    row = " ".join(re.sub(r"<[^>]+>", " ", text[text.index('<ol class="syncs"') :]).split())
    assert "Sync completed with warnings: 2/3 albums updated successfully. 1 failed." in row
    assert "ann , with Sync Now , just now ( " in row
    assert "UTC ) , took under 1 s" in row
    assert "First error: “Weezer” by Weezer failed: Spotify has several albums" in row
    assert "2 added, 0 updated, 0 unchanged. 1 failed." in row
    assert links(text)["album-ambiguous"] == "?state=warnings&code=album-ambiguous"


def test_a_row_of_a_sync_that_archived_an_album_counts_it(
    auditor: Client, syncs: list[str]
) -> None:
    assert "0 added, 1 updated, 1 unchanged, 1 archived." in page(auditor, state="cancelled")


def test_a_row_of_a_sync_that_failed_as_a_whole_has_its_code(
    auditor: Client, syncs: list[str]
) -> None:
    assert links(page(auditor, state="failed"))["network"] == "?state=failed&code=network"


# Charts


@pytest.fixture
def fifty(auditor: Client) -> None:
    """Fifty syncs, and one more that no chart has place for, with failures and the longest of
    names."""
    for number in range(51):
        claim = begin("x" * 150)
        stage(claim, "sheet")
        stage(claim, "spotify", 2)
        stage(claim, "albums", 2)
        for n in range(1, 1 + number % 3):
            data = example("album-failed")["data"] | {"n": n, "total": 2}
            operations.append(claim, "album-failed", data)
        if number % 4:
            operations.fail(claim, NetworkError())
        else:
            operations.cancel(claim.operation, "ann")


def test_the_charts_have_a_link_for_each_sync_and_are_small(auditor: Client, fifty: None) -> None:
    text = page(auditor)
    charts = re.findall(r"<svg class=\"chart-plot\".*?</svg>", text, re.DOTALL)
    assert len(charts) == 2
    for chart in charts:
        in_chart = re.findall(r'<a href="/syncs/([0-9a-f-]{36})/"><title>([^<]+)</title>', chart)
        assert [pk for pk, _ in in_chart] == listed(text)[::-1]
        assert len(in_chart) == 50
        assert all("UTC: " in title for _, title in in_chart)
        print("a chart of 50 syncs:", len(chart.encode()), "bytes")
        assert len(chart.encode()) < MAX_CHART_BYTES


def test_the_figures_of_the_charts_stand_in_a_table_too(auditor: Client, fifty: None) -> None:
    text = page(auditor)
    table = text[text.index("<table>") : text.index("</table>")]
    rows = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    ]
    assert rows[0] == ["Sync of", "State", "Took", "Albums", "Failed"]
    newest = SyncOperation.objects.order_by("-first_position")[:50]
    assert [(row[1], int(row[3]), int(row[4])) for row in rows[1:]] == [
        (one.state.capitalize(), one.synced + one.failed, one.failed) for one in newest
    ]
    assert all(f"/syncs/{one.pk}/" in row[0] for one, row in zip(newest, rows[1:], strict=True))


def test_the_charts_show_what_the_filter_shows(auditor: Client, syncs: list[str]) -> None:
    text = page(auditor, by="ann")
    [chart, _] = re.findall(r"<svg class=\"chart-plot\".*?</svg>", text, re.DOTALL)
    assert re.findall(r'<a href="/syncs/([0-9a-f-]{36})/"', chart) == [syncs[0], syncs[2]]


# What it costs


def test_a_page_asks_the_database_as_often_for_fifty_syncs_as_for_one(
    auditor: Client, django_assert_max_num_queries: Any, fifty: None
) -> None:
    for query in ({}, {"code": "network", "album": FIRST, "state": "failed"}):
        with django_assert_max_num_queries(16):
            auditor.get("/syncs/", query, headers=HTML)


def test_nobody_but_auditors_learns_what_a_filter_finds(syncs: list[str]) -> None:
    viewer = client("viewer")
    for query in ({}, {"state": "failed"}, {"state": "nonsense"}, {"album": "homogenic"}):
        answer = viewer.get("/syncs/", query, headers=HTML)
        assert answer.status_code == 403
        assert not listed(answer.content.decode())
    assert log.head().position
