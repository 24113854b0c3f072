"""One sync on its page: its story, its lists, its filters, and each of its events."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from frontend import sync_page
from frontend.event_rows import UNREADABLE
from project.handler import InOneGo
from syncengine import log, operations, story
from syncengine.events import Event
from syncengine.models import SyncEvent
from syncengine.schemas import OUTSIDE_OPERATIONS, SCHEMAS
from syncengine.selection import OUTCOMES
from tests.accounts import client
from tests.histories import LONG_AGO, begin, stage, write_history
from tests.integration.http.by_asgi import ask
from tests.lives import BLUE, DUMMY, failed, fields, left_alone, removed, sync, synced
from tests.tampering import drop_triggers, raw

DAY = "2026-11-03 12:00"


@pytest.fixture
def auditor(database: str) -> Iterator[Client]:
    yield client("auditor")
    connections.close_all()


@pytest.fixture
def told(auditor: Client) -> str:
    """A sync with every outcome; returns its id."""
    sync("2026-11-01 12:00", synced(BLUE, None, fields(label="Reprise", year=1970)))
    return sync(
        DAY,
        left_alone(BLUE),
        synced(DUMMY, None, fields("Björk’s début", genres=["Pop"]), row=3),
        failed(None, "Hejira", row=4, message="Spotify’s search found no album."),
        synced(BLUE, fields(label="Reprise", year=1970), fields(year=1971)),
        removed(DUMMY, "Björk’s début"),
    )


def page(auditor: Client, operation: str, **query: Any) -> dict[str, Any]:
    answer = auditor.get(f"/syncs/{operation}/", query)
    assert answer.status_code == 200
    context: dict[str, Any] = {
        name: answer.context.get(name)
        for name in ("story", "failures", "results", "found", "more_found", "event", "searched")
    }
    return context | {"text": " ".join(answer.content.decode().split())}


def kinds(rows: list[dict[str, Any]]) -> list[str]:
    return [row["kind"] for row in rows]


def test_the_story_tells_each_step_and_what_was_done_between_them(
    auditor: Client, told: str
) -> None:
    sentences = [part["sentence"] for part in page(auditor, told)["story"]]
    assert sentences == [
        "ann asked for a sync.",
        "Worker w started it.",
        "Began to read the Google Sheet.",
        "Accepted the sheet with 5 albums and turned to Spotify.",
        "Began to sync 5 albums.",
        "Synced 3 albums, failed on 1 album, archived 1 album.",
        "Sync completed with warnings: 3/5 albums updated successfully. 1 failed.",
    ]


def test_an_end_with_warnings_has_the_same_mark_wherever_it_stands(
    auditor: Client, told: str
) -> None:
    def marks(shown: dict[str, Any]) -> set[str]:
        rows = [*(shown["story"] or []), *(shown["found"] or []), shown["event"] or {}]
        return {row["mark"] for row in rows if row.get("kind") == "completed"}

    end = page(auditor, told)["story"][-1]["position"]
    for query in ({}, {"outcome": "steps"}, {"at": end}):
        shown = page(auditor, told, **query)
        assert marks(shown) == {"warnings"}, query
        assert "#mark-warnings" in shown["text"]
    clean = sync("2026-11-04 12:00", left_alone(BLUE))
    assert marks(page(auditor, clean)) == {"completed"}


def test_what_was_done_is_counted_from_step_to_step(auditor: Client) -> None:
    claim = begin()
    stage(claim, "sheet")
    stage(claim, "spotify", 3)
    stage(claim, "albums", 3)
    for n in (1, 2):
        kind, data = failed(None, f"Row {n}", row=n, key=f"name:{n}")
        operations.append(claim, kind, data | {"n": n, "total": 3})
    operations.park(claim, LONG_AGO, "spotify", "quota")
    again = operations.claim("worker-2", operations.LeaseWatch())
    assert again is not None
    kind, data = failed(None, "Row 3", row=3, key="name:3")
    operations.append(again, kind, data | {"n": 3, "total": 3})
    parts = page(auditor, claim.operation)["story"]
    done = [part["sentence"] for part in parts if part["is"] == "albums"]
    assert done == ["Failed on 2 albums.", "Failed on 1 album."]


def test_a_story_of_very_many_steps_leaves_out_its_middle(
    auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "MAX_STEPS_TOLD", 3)
    claim = begin()
    for _ in range(10):
        operations.park(claim, LONG_AGO, "spotify", "quota")
        again = operations.claim("worker-2", operations.LeaseWatch())
        assert again is not None
        claim = again
    parts = page(auditor, claim.operation)["story"]
    assert [part["is"] for part in parts] == ["step"] * 3 + ["cut"] + ["step"] * 3
    assert parts[3]["steps"] == 22 - 6
    assert len(page(auditor, claim.operation, outcome="steps")["found"]) == 22


def test_what_failed_comes_first_and_open_with_what_to_do(auditor: Client, told: str) -> None:
    found = page(auditor, told)
    assert kinds(found["failures"]) == ["album-failed"]
    wanted = ["albums-unchanged", "album-synced", "album-synced", "album-removed"]
    assert kinds(found["results"]) == wanted
    text = found["text"]
    assert text.index('id="failed"') < text.index('id="albums"')
    assert "Spotify’s search found no album." in text and "Check it." in text


def test_every_difference_is_told_from_and_to_nothing_too(auditor: Client, told: str) -> None:
    text = page(auditor, told)["text"]
    assert "1970</del>" in text and "1971</ins>" in text
    assert "Reprise</del>" in text
    assert '<span class="visually-hidden">is now </span>nothing' in text
    assert "Pop</ins>" in text and '<span class="visually-hidden">was </span>nothing' in text


OUTCOME_KINDS = {
    "failed": ["album-failed"],
    "added": ["album-synced"],
    "updated": ["album-synced"],
    "unchanged": ["albums-unchanged"],
    "archived": ["album-removed"],
    "steps": ["requested", "started", *["stage-started"] * 3, "completed"],
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_outcome_can_be_asked_for(auditor: Client, told: str, outcome: str) -> None:
    assert kinds(page(auditor, told, outcome=outcome)["found"]) == OUTCOME_KINDS[outcome]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"words": "BJORK"}, 2),
        ({"words": "hejira search"}, 1),
        ({"words": "blue"}, 2),  # among those left alone, too
        ({"words": "nothing like this"}, 0),
        ({"words": "blue", "outcome": "updated"}, 1),
        ({"code": "album-no-match"}, 1),
        ({"code": "never"}, 0),
        ({"kind": "completed"}, 1),
        ({"person": "ann"}, 1),
        ({"album": BLUE}, 1),
    ],
)
def test_filters_find_what_an_export_of_the_same_filters_has(
    auditor: Client, told: str, query: dict[str, str], count: int
) -> None:
    found = page(auditor, told, **query)
    assert len(found["found"]) == count
    link = re.search(r'href="(/syncs/[^"]*events\.jsonl)\?([^"]*)"', found["text"])
    assert link is not None
    cookies = {"Cookie": f"sessionid={auditor.cookies['sessionid'].value}"}
    answer = ask(InOneGo(), "GET", link[1], link[2].replace("&amp;", "&"), cookies)
    exported = [json.loads(line)["position"] for line in answer.content.splitlines()]
    assert exported == [row["position"] for row in found["found"]]
    recorded = log.events_after(log.head().position - 1)[-1].data
    assert recorded["filter"] == {"operation": told, **query}
    assert recorded["result"]["events"] == count


def test_a_title_that_looks_like_an_outcome_is_none(auditor: Client) -> None:
    sneaky = fields('x","outcome":"updated","y":"')
    operation = sync(DAY, synced(BLUE, None, sneaky))
    assert page(auditor, operation, outcome="updated")["found"] == []
    assert len(page(auditor, operation, outcome="added")["found"]) == 1


def test_a_long_list_has_pages_that_leave_out_nothing(
    auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_page, "ALBUMS_PER_PAGE", 3)
    monkeypatch.setattr(sync_page, "EVENTS_A_READ", 2)
    many = [failed(None, f"Row {n}", row=n + 2, key=f"name:{n}") for n in range(8)]
    operation = sync(DAY, *many)
    seen: list[int] = []
    more: int | None = 0
    while more is not None:
        found = page(auditor, operation, outcome="failed", after=more)
        seen += [row["position"] for row in found["found"]]
        more = found["more_found"]
    assert len(seen) == len(set(seen)) == 8


def test_a_search_that_takes_long_goes_on_where_it_stopped(
    auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_page, "EVENTS_SEARCHED", 4)
    many = [failed(None, f"Row {n}", row=n + 2, key=f"name:{n}") for n in range(8)]
    operation = sync(DAY, *many)
    found = page(auditor, operation, words="“Row 7”", outcome="failed")
    assert (found["found"], found["searched"]) == ([], True)
    further = page(auditor, operation, words="“Row 7”", outcome="failed", after=found["more_found"])
    assert len(further["found"]) == 1


def test_every_kind_and_version_that_ever_existed_opens_and_says_something(auditor: Client) -> None:
    head = write_history()
    rows = list(SyncEvent.objects.order_by("position"))
    assert {(row.kind, row.version) for row in rows} == set(SCHEMAS)
    for row in rows:
        if row.kind in OUTSIDE_OPERATIONS:
            continue
        event = page(auditor, str(row.operation), at=row.position)["event"]
        assert event["sentence"] and event["sentence"] != UNREADABLE
        raw_event = json.loads(event["raw"])
        assert Event(**raw_event) == row.as_event()
        assert (event["hash"], event["previous_hash"]) == (row.hash, row.previous_hash)
    acts = auditor.get("/syncs/proof/").content.decode()
    assert all(f'id="e{row.position}"' in acts for row in rows if row.kind in OUTSIDE_OPERATIONS)
    assert head == len(rows)


def test_an_event_leads_to_the_ones_before_and_after_it_in_its_sync(
    auditor: Client, told: str
) -> None:
    positions = list(story.events_of(told).values_list("position", flat=True))
    first, last = (
        page(auditor, told, at=place)["event"] for place in (positions[0], positions[-1])
    )
    assert first["before"] is None and last["after"] is None
    assert first["after"] == f"/syncs/{told}/?at={positions[1]}#e{positions[1]}"
    assert last["before"].endswith(f"#e{positions[-2]}")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"at": "x"}, 400),
        ({"at": "-1"}, 400),
        ({"at": "9" * 17}, 400),
        ({"at": "99999"}, 404),
        ({"at": "0"}, 404),
        ({"at": "1"}, 404),  # of the sync before
        ({"after": "١"}, 400),
        ({"after": "99999"}, 400),
        ({"failed_after": "1.5"}, 400),
        ({"failed_after": "99999"}, 400),
        ({"outcome": "lost"}, 400),
        ({"kind": "album"}, 400),
        ({"code": "No Match"}, 400),
        ({"album": "blue"}, 400),
        ({"words": "x" * 201}, 400),
        ({"words": "a\0b"}, 400),
        ({"words": "\u0301"}, 400),  # nothing is left of it without accents
        ({"colour": "blue"}, 400),
        ({"colour": ""}, 400),
        ({"words": ["a", "b"]}, 400),
    ],
)
def test_what_is_not_understood_gets_a_clear_page_and_no_list(
    auditor: Client, told: str, query: dict[str, Any], status: int
) -> None:
    answer = auditor.get(f"/syncs/{told}/", query)
    assert answer.status_code == status
    text = answer.content.decode()
    assert "Traceback" not in text and "Hejira" not in text and "<h1>" in text
    program = auditor.get(f"/syncs/{told}/", query, headers={"Accept": "application/json"})
    assert program.status_code == status
    assert program.json()["error"].keys() == {"code", "message", "remedy"}


def test_the_event_of_another_sync_says_where_it_is(auditor: Client, told: str) -> None:
    other = str(SyncEvent.objects.get(pk=1).operation)
    assert other in auditor.get(f"/syncs/{told}/", {"at": "1"}).content.decode()


def test_an_unknown_sync_is_not_found(auditor: Client, told: str) -> None:
    assert auditor.get(f"/syncs/{uuid.uuid4()}/").status_code == 404


@pytest.mark.parametrize("data", ["{}", "no JSON", "[]", '{"album":"","outcome":"added"}'])
def test_an_event_that_was_tampered_with_says_so_and_hides_nothing_else(
    auditor: Client, told: str, data: str
) -> None:
    for row in story.events_of(told, "album-synced", "albums-unchanged", "album-failed"):
        drop_triggers()
        raw("UPDATE syncengine_syncevent SET data = %s WHERE position = %s", data, row.position)
        answer = auditor.get(f"/syncs/{told}/", {"at": row.position})
        assert answer.status_code == 200
        assert answer.context["event"]["sentence"] == UNREADABLE
    text = page(auditor, told)["text"]
    assert "ann asked for a sync." in text and UNREADABLE in text


def test_a_step_that_was_tampered_with_is_no_traceback(auditor: Client, told: str) -> None:
    drop_triggers()
    raw("UPDATE syncengine_syncevent SET data = 'x' WHERE position = 1")
    answer = auditor.get(f"/syncs/{SyncEvent.objects.get(pk=1).operation}/")
    assert answer.status_code == 409
    assert "cannot be read any more" in answer.content.decode()


@pytest.mark.parametrize(
    "data",
    [
        '{"albums":[{"album":"no id","row":2}],"n":1,"total":1}',
        '{"albums":["\\ud800"],"n":1,"total":1}',
        "[" * 5000 + "]" * 5000,
    ],
    ids=["no id", "half a character", "too deep"],
)
def test_no_data_keeps_a_page_a_search_or_an_export_from_an_answer(
    auditor: Client, told: str, data: str
) -> None:
    position = story.events_of(told, "albums-unchanged").values_list("position", flat=True)[0]
    drop_triggers()
    raw("UPDATE syncengine_syncevent SET data = %s WHERE position = %s", data, position)
    assert UNREADABLE in page(auditor, told)["text"]
    assert len(page(auditor, told, words="hejira")["found"]) == 1
    assert auditor.get(f"/syncs/{told}/events.csv", {"words": "hejira"}).status_code == 200


SPOILED = [
    {"until": "x"},
    {"until": 5},
    {"until": "9999-12-31T23:59:59-14:00"},
    {"until": "2026-11-03T12:00:00"},
    {"by": "\ud800"},
    {"scope": []},
    {"candidates": 5},
    {"candidates": [5]},
    {"changes": 5},
    {"title": {}},
    {"stage": None},
]


@pytest.mark.parametrize("values", SPOILED, ids=str)
def test_no_value_that_was_tampered_with_is_a_traceback(
    auditor: Client, values: dict[str, Any]
) -> None:
    write_history()
    drop_triggers()
    for row in SyncEvent.objects.exclude(operation=None):
        data = json.dumps(json.loads(row.data) | values)
        raw("UPDATE syncengine_syncevent SET data = %s WHERE position = %s", data, row.position)
        for query in ({}, {"at": row.position}, {"kind": row.kind}, {"words": "a"}):
            answer = auditor.get(f"/syncs/{row.operation}/", query)
            assert answer.status_code in (200, 409), (row.kind, query)
        raw("UPDATE syncengine_syncevent SET data = %s WHERE position = %s", row.data, row.position)
