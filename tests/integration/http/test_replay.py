"""The replay without scripts, what its scripts read, and what both refuse."""

import re
import uuid
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from frontend.panel import panel
from frontend.replay_page import PAGE_EVENTS
from syncengine import log
from syncengine.events import Event
from syncengine.models import SyncEvent, SyncOperation
from syncengine.projection import Status, apply, empty, fold
from syncengine.sentences import sentence
from tests.accounts import ROLES, client
from tests.demo import Demo
from tests.histories import audit, write_history
from tests.integration.http.answers import HTML, JSON, error
from tests.lives import BLUE, failed, fields, left_alone, sync, synced
from tests.sheets import LINKED, UNKNOWN
from tests.syncing import sync_now
from tests.tampering import drop_triggers


@pytest.fixture
def auditor(database: str) -> Iterator[Client]:
    yield client("auditor")
    connections.close_all()


def path(operation: object, at: object = "") -> str:
    return f"/syncs/{operation}/replay/{f'?at={at}' if at else ''}"


def ends(operation: str) -> tuple[int, int]:
    positions = SyncEvent.objects.filter(operation=operation).order_by("position")
    found = positions.values_list("position", flat=True)
    return found[0], list(found)[-1]


def text_of(answer: Any) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", "", answer.content.decode())).split())


def statuses() -> list[tuple[Status, Event]]:
    """Every event of the log with the status after it."""
    status, found = empty(log.head().log_id), []
    for event in log.events_after(0, 100_000):
        status = apply(status, event)
        found.append((status, event))
    return found


def test_at_each_position_the_panel_is_the_fold_s(auditor: Client, demo: Demo) -> None:
    demo.sheet(*LINKED, UNKNOWN)
    sync_now()
    demo.sheet(*(row.replace("Rock", "Jazz") for row in LINKED[:4]))
    sync_now()
    for status, event in statuses():
        answer = auditor.get(path(event.operation, event.position))
        assert answer.context["status"] == status
        moment = answer.context["clock"]
        assert answer.context["panel"] == panel(status, moment)
        text = text_of(answer)
        assert sentence(event.kind, event.data) in text
        assert answer.context["panel"]["headline"] in text


def test_it_begins_with_the_request_and_leads_from_event_to_event(auditor: Client) -> None:
    operation = sync("2026-11-03 14:02", synced(BLUE, None, fields()))
    first, last = ends(operation)
    answer = auditor.get(path(operation))
    assert "The sync of 3 November 2026, 14:02 UTC" in text_of(answer)
    assert f"Event 1 of {last - first + 1}" in text_of(answer)
    seen = []
    while True:
        seen.append(answer.context["event"].position)
        link = next(one for one in answer.context["steps"] if one["name"] == "next")
        assert f'href="?at={link["position"]}" data-step="next"' in answer.content.decode()
        if link["idle"]:
            break
        answer = auditor.get(path(operation, link["position"]))
    assert seen == list(range(first, last + 1))


def test_times_are_told_from_the_moment_shown(auditor: Client) -> None:
    sync("2026-11-03 12:00", synced(BLUE, None, fields()))
    operation = sync("2026-11-03 14:02", left_alone(BLUE))
    first, last = ends(operation)
    assert "Last synced: 2 hours ago" in text_of(auditor.get(path(operation, first)))
    assert "Last synced: just now" in text_of(auditor.get(path(operation, last)))
    assert "ann started this just now" in text_of(auditor.get(path(operation, first)))


def test_what_auditors_did_meanwhile_is_told_and_is_none_of_the_sync(auditor: Client) -> None:
    operation = sync("2026-11-03 14:02", failed(None), end="")
    audit("exported")
    with log.appending() as appender:
        appender.append("cancel-requested", {"by": "bob"}, operation)
    _, last = ends(operation)
    answer = auditor.get(path(operation, last - 1))
    assert "and none of this sync" in text_of(answer)
    assert f"#e{last - 1}" in answer.content.decode()
    assert answer.context["event"].kind == "exported"
    assert answer.context["status"]["operation"]["failed"] == 1


def test_a_sync_under_way_is_replayed_up_to_now_and_says_so(auditor: Client) -> None:
    operation = sync("2026-11-03 14:02", failed(None), end="")
    assert "It is still under way" in text_of(auditor.get(path(operation)))
    _, last = ends(operation)
    answer = auditor.get(path(operation, last))
    assert answer.context["panel"]["state"] == "running"
    assert auditor.get(path(operation, last + 1)).status_code == 404
    with log.appending() as appender:
        appender.append("cancel-requested", {"by": "bob"}, operation)
    assert "bob asked to stop." in text_of(auditor.get(path(operation, last + 1)))


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_nothing_can_be_done_in_it(database: str, role: str) -> None:
    operation = sync("2026-11-03 14:02", failed(None), end="")
    page = client(role).get(path(operation)).content.decode()
    assert re.findall(r'<form [^>]*action="([^"]*)"', page) == ["/accounts/logout/"]
    assert "data-act" not in page
    assert "popover" not in page
    assert "A replay: nothing is started or stopped here." in page
    assert 'href="/"' in page


@pytest.mark.parametrize("role", ROLES)
def test_who_may_see_it(database: str, role: str) -> None:
    operation = sync("2026-11-03 14:02", failed(None))
    browser = client(role)
    allowed = {"nobody": 302, "viewer": 403}.get(role, 200)
    assert browser.get(path(operation), headers=HTML).status_code == allowed
    events = f"/api/syncs/{operation}/replay"
    assert browser.get(events).status_code == {302: 401}.get(allowed, allowed)
    assert browser.post(path(operation), headers=HTML).status_code == 405


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("at=", 400, "is no position in the log"),
        ("at=x", 400, "“x” is no position in the log"),
        ("at=-1", 400, "is no position"),
        ("at=٣", 400, "is no position"),
        ("at=1e3", 400, "is no position"),
        (f"at={'9' * 30}", 400, "is no position"),
        ("at=%00", 400, "is no position"),
        ("at=7&at=8", 400, "given 2 times"),
        ("at=0", 404, "Event 0 is not one of this sync."),
        ("at=1", 404, "Event 1 is not one of this sync."),
        ("at=999999999999999", 404, "is not one of this sync"),
    ],
)
def test_what_is_no_position_of_the_sync_is_refused(
    auditor: Client, query: str, status: int, says: str
) -> None:
    sync("2026-11-02 14:02", synced(BLUE, None, fields()))
    operation = sync("2026-11-03 14:02", left_alone(BLUE))
    answer = auditor.get(f"/syncs/{operation}/replay/?{query}", headers=HTML)
    assert answer.status_code == status
    assert says in text_of(answer)
    answer = auditor.get(f"/api/syncs/{operation}/replay?{query.replace('at=', 'after=')}")
    assert answer.status_code == status
    assert error(answer)


def test_a_sync_that_never_was_has_none(auditor: Client) -> None:
    assert auditor.get(path(uuid.uuid4())).status_code == 404
    assert auditor.get(f"/api/syncs/{uuid.uuid4()}/replay", headers=JSON).status_code == 404
    assert auditor.get(path("nothing")).status_code == 404


@pytest.mark.parametrize(
    ("place", "data"),
    [
        *((place, data) for place in range(7) for data in ("{}", "[]", "no JSON")),
        *((place, None) for place in range(6)),  # without its end it seems to end earlier
    ],
)
def test_where_somebody_has_changed_the_log_it_says_so(
    auditor: Client, place: int, data: str | None
) -> None:
    operation = sync("2026-11-02 14:02", synced(BLUE, None, fields()))
    first, last = ends(operation)
    assert last == first + 6
    drop_triggers()
    event = SyncEvent.objects.filter(position=first + place)
    if data is None:
        event.delete()
    else:
        event.update(data=data)
    answer = auditor.get(path(operation, first + place), headers=HTML)
    assert answer.status_code == 409
    assert "cannot be read any more" in text_of(answer)
    told = auditor.get(f"/api/syncs/{operation}/replay").status_code
    # A hole, and an event that says nothing of what it should, are found by who folds them.
    assert told in {None: (200,), "{}": (200, 409)}.get(data, (409,))


def test_its_scripts_read_pages_that_fold_to_the_same(auditor: Client) -> None:
    write_history()
    operation = sync("2026-11-03 14:02", *(failed(None, f"{n}", n + 1) for n in range(PAGE_EVENTS)))
    for stored in SyncOperation.objects.all():
        first, last = ends(str(stored.pk))
        source = auditor.get(path(stored.pk)).context["source"]
        status, after, pages = source["before"], first - 1, 0
        while after < last:
            page = auditor.get(f"{source['events']}?after={after}").json()
            pages += 1
            events = [Event(**event) for event in page["events"]]
            status = fold(events, status)
            stored_events = log.events_after(after, len(events))
            told = [sentence(event.kind, event.data) for event in stored_events]
            assert page["sentences"] == told
            assert all(event.operation == str(stored.pk) for event in events)
            assert len(events) <= PAGE_EVENTS
            assert not any({"changes", "candidates"} & event.data.keys() for event in events)
            after = events[-1].position
        assert after == last
        assert pages == (2 if str(stored.pk) == operation else 1)
        assert status == auditor.get(path(stored.pk, last)).context["status"]
