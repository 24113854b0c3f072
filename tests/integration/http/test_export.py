"""Exports: exactly what was asked for, as files that can be proved, and each one recorded."""

import csv
import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, connections
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from project.handler import InOneGo
from syncengine import acts, checkpoints, downloads, export, log, operations, verify_export
from syncengine.events import Event
from syncengine.models import SyncEvent, SyncOperation
from syncengine.selection import Selection
from syncengine.sessions import SessionStore
from syncengine.triggers import TABLE
from syncengine.verify import verify
from tests import second_verifier
from tests.accounts import ROLES, client
from tests.histories import FIRST, audit, begin, write_history
from tests.integration.http.answers import HTML, JSON, error, is_safe
from tests.integration.http.by_asgi import Answer, ask
from tests.tampering import drop_triggers, on_postgresql, raw

FORMS = ("csv", "jsonl", "zip")
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"]


@pytest.fixture(autouse=True)
def own_database(database: str) -> Iterator[None]:
    yield
    connections.close_all()


@pytest.fixture
def head() -> int:
    return write_history()


class Auditor:
    """Somebody signed in, who asks as Daphne passes it on."""

    def __init__(self, role: str = "auditor") -> None:
        browser = client(role)
        cookie = browser.cookies.get("sessionid")
        self.cookies = {"Cookie": f"sessionid={cookie.value}"} if cookie else {}

    def get(self, path: str, query: str = "", method: str = "GET", **headers: str) -> Answer:
        sent = {**HTML, "Sec-Fetch-Site": "same-origin", **self.cookies, **headers}
        return ask(
            InOneGo(), method, path, query, {name: sent[name] for name in sent if sent[name]}
        )

    def lines(self, path: str = "/syncs/events.jsonl", query: str = "") -> list[bytes]:
        answer = self.get(path, query)
        assert answer.status_code == 200, answer.content
        return answer.content.splitlines(keepends=True)

    def events(self, path: str = "/syncs/events.jsonl", query: str = "") -> list[Event]:
        return [Event(**json.loads(line)) for line in self.lines(path, query)]


@pytest.fixture
def auditor() -> Auditor:
    return Auditor()


def newest_event() -> Event:
    return log.events_after(log.head().position - 1)[0]


def some_sync() -> str:
    return str(SyncOperation.objects.order_by("first_position")[1].pk)


def exported() -> int:
    return SyncEvent.objects.filter(kind="exported").count()


def test_json_lines_are_the_log_and_prove_themselves(auditor: Auditor, head: int) -> None:
    events = log.events_after(0)
    lines = auditor.lines()
    assert [Event(**json.loads(line)) for line in lines] == events
    marks = checkpoints.as_text().encode()
    assert second_verifier.find(lines, marks) == ""
    marked, _ = verify_export.read_checkpoints(marks.splitlines())
    chain, _, _ = verify_export.verify(lines, marked, selection=False)
    assert (chain.events, chain.log, chain.met) == (head, log.head().log_id, 3)


def test_the_events_of_one_sync(auditor: Auditor, head: int) -> None:
    operation = some_sync()
    wanted = [event for event in log.events_after(0) if event.operation == operation]
    assert auditor.events(f"/syncs/{operation}/events.jsonl") == wanted


@pytest.mark.parametrize(
    "name, value, has",
    [
        ("after", "7", lambda event: event.position > 7),
        ("until", "7", lambda event: event.position <= 7),
        ("kind", "album-synced", lambda event: event.kind == "album-synced"),
        ("person", "bob", lambda event: event.data.get("by") == "bob"),
        ("code", "album-ambiguous", lambda event: event.data.get("code") == "album-ambiguous"),
        ("album", FIRST, lambda event: event.data.get("album") == FIRST),
    ],
)
def test_each_filter_leaves_out_what_it_says(
    auditor: Auditor, head: int, name: str, value: str, has: Any
) -> None:
    wanted = [event for event in log.events_after(0) if has(event)]
    assert 0 < len(wanted) < head
    assert auditor.events(query=f"{name}={value}") == wanted
    recorded = newest_event().data
    assert recorded["filter"] == {name: value}
    places = (wanted[0].position, wanted[-1].position)
    assert (recorded["result"]["first"], recorded["result"]["last"]) == places
    assert recorded["result"]["events"] == len(wanted)


@pytest.mark.parametrize(
    "selection, index",
    [
        (Selection(operation=str(uuid.uuid4())), "event_by_operation"),
        (Selection(kind="completed"), "event_by_kind"),
        (Selection(person="ann"), "event_by_person"),
        (Selection(code="album-no-match"), "event_by_code"),
        (Selection(album=FIRST), "event_by_album"),
    ],
)
def test_each_filter_has_its_index(head: int, selection: Selection, index: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by how many rows there are")
    assert index in next(selection.parts(head)).events().values_list("position").explain()


def test_filters_narrow_each_other(auditor: Auditor, head: int) -> None:
    found = auditor.events(f"/syncs/{some_sync()}/events.jsonl", f"album={FIRST}&after=3")
    assert [event.kind for event in found] == ["album-removed"]
    assert auditor.events(query="person=bob&kind=album-failed") == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"state": "cancelled"}, 1),
        ({"by": "ann"}, 2),
        ({"code": "network"}, 1),
        ({"code": "network", "by": "bob"}, 0),
        ({"album": FIRST}, 2),
        ({"since": "2020-01-01"}, 3),
    ],
)
def test_the_events_of_the_syncs_in_a_list(
    auditor: Auditor, head: int, query: dict[str, str], count: int
) -> None:
    page = client("admin").get("/syncs/", query)
    listed = [row["operation"].pk for row in page.context["rows"]]
    assert len(listed) == count
    syncs = urlencode({"syncs": urlencode(query)})
    wanted = [event for event in log.events_after(0) if event.operation in map(str, listed)]
    assert auditor.events(query=syncs) == wanted
    recorded = newest_event().data
    assert recorded["filter"] == {"syncs": urlencode(query)}
    assert recorded["result"]["events"] == len(wanted)
    if count:
        assert f"/syncs/events.zip?{syncs}" in page.content.decode()


def test_a_list_of_syncs_has_the_one_that_is_under_way(auditor: Auditor, head: int) -> None:
    claim = begin("eve")
    events = auditor.events(query="syncs=by%3Deve&kind=started")
    assert [event.operation for event in events] == [claim.operation]


@pytest.mark.parametrize(
    "query",
    ["colour=red", "state=lost", "before=3", "album=homogenic", "since=2026-13-01", "by=a&by=b"],
)
def test_a_list_that_is_none_is_refused(auditor: Auditor, head: int, query: str) -> None:
    before = exported()
    answer = auditor.get("/syncs/events.jsonl", urlencode({"syncs": query}), **JSON)
    assert answer.status_code == 400
    assert error(answer)["code"] == "bad-filter"
    one = auditor.get(f"/syncs/{some_sync()}/events.csv", "syncs=by%3Dann", **JSON)
    assert one.status_code == 400
    assert exported() == before


@pytest.mark.parametrize("form", FORMS)
def test_every_export_is_recorded_when_it_is_asked_for(
    auditor: Auditor, head: int, form: str
) -> None:
    before = log.head()
    answer = auditor.get(f"/syncs/events.{form}")
    recorded = newest_event()
    assert (recorded.kind, recorded.operation) == ("exported", None)
    assert recorded.data["by"] == "auditor"
    assert recorded.data["filter"] == {}
    assert recorded.data["result"] == {
        "format": form,
        "events": before.position,
        "first": 1,
        "last": before.position,
        "head": before.position,
        "hash": before.hash,
    }
    name = f'attachment; filename="log-{before.position}.{form}"'
    assert answer.headers["Content-Disposition"] == name
    assert answer.headers["X-Groovelog-Head"] == f"{before.position} {before.hash}"
    is_safe(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    assert verify().is_sound


def test_an_export_ends_at_the_head_that_was_taken_first(head: int) -> None:
    asked = export.ask(Selection(), "eve", "jsonl", log.head())
    pieces = asked.pieces("jsonl")
    audit("verified")
    assert b"".join(pieces).count(b"\n") == head


def test_it_is_read_a_page_at_a_time(monkeypatch: pytest.MonkeyPatch, head: int) -> None:
    monkeypatch.setattr(export, "PAGE_EVENTS", 4)
    asked = export.ask(Selection(), "eve", "jsonl", log.head())
    pieces = list(asked.pieces("jsonl"))
    assert [piece.count(b"\n") for piece in pieces] == [4] * (head // 4) + [head % 4] * (
        head % 4 > 0
    )


@pytest.mark.parametrize("column", ["operation", "at", "album"])
@pytest.mark.parametrize("junk", ["no such value", "2026-11-22", "=1"])
def test_what_somebody_made_of_a_column_is_exported_and_found(
    auditor: Auditor, head: int, column: str, junk: str
) -> None:
    if on_postgresql():
        pytest.skip("PostgreSQL does not store it")
    drop_triggers()
    raw(f"UPDATE {TABLE} SET {column} = %s WHERE position = 5", junk)
    lines = auditor.lines()
    assert len(lines) == head
    assert (junk in lines[4].decode()) == (column != "album")
    if column != "album":  # it is no part of what is hashed
        with pytest.raises(verify_export.DoesNotHold, match="line 5"):
            verify_export.verify(lines, {}, selection=False)
    rows = list(csv.DictReader(io.StringIO(auditor.get("/syncs/events.csv").content.decode())))
    assert rows[4][column] == export.defused(junk)


def test_csv_is_as_the_standard_has_it(auditor: Auditor, head: int) -> None:
    content = auditor.get("/syncs/events.csv").content.decode()
    assert content.count("\r\n") == head + 1
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    events = log.events_after(0, head)
    for row, event in zip(rows, events, strict=True):
        assert list(row) == list(export.CSV_COLUMNS)
        assert (int(row["position"]), row["at"], row["kind"]) == (
            event.position,
            event.at,
            event.kind,
        )
        assert (row["operation"] or None, json.loads(row["data"])) == (event.operation, event.data)
        assert (row["previous_hash"], row["hash"]) == (event.previous_hash, event.hash)
    assert rows[0]["sentence"] == "ann asked for a sync."


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_spreadsheet_takes_a_cell_for_a_formula(auditor: Auditor, formula: str) -> None:
    operations.start(formula, "button")
    content = auditor.get("/syncs/events.csv").content.decode()
    (row,) = csv.DictReader(io.StringIO(content, newline=""))
    assert row["person"] == f"'{formula}"
    assert row["sentence"].startswith(f"'{formula}")
    assert json.loads(row["data"])["by"] == formula
    assert auditor.events()[0].data["by"] == formula, "JSON Lines are exact"


def test_the_zip_has_both_files_their_manifest_and_the_checkpoints(
    auditor: Auditor, head: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = log.head()
    file = tmp_path / "log.zip"
    file.write_bytes(auditor.get("/syncs/events.zip").content)
    with zipfile.ZipFile(file) as archive:
        names = ["events.jsonl", "events.csv", "checkpoints.jsonl", "manifest.json"]
        assert archive.namelist() == names
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.read("events.jsonl").count(b"\n") == head
        assert archive.read("checkpoints.jsonl").decode() == checkpoints.as_text()
    assert manifest.pop("files").keys() == {"events.jsonl", "events.csv"}
    assert manifest == {
        "log": at.log_id,
        "head": {"position": at.position, "hash": at.hash},
        "filter": {},
        "events": head,
        "first": 1,
        "last": head,
        "exported": {"by": "auditor", "position": head + 1},
    }
    assert second_verifier.find_in_zip(file) == ""
    assert verify_export.main([str(file)]) == 0
    assert "The manifest says the same as both files." in capsys.readouterr().out


@pytest.mark.parametrize("query", ["kind=album-synced", "after=5&until=9", "person=nobody"])
def test_a_filtered_zip_holds_too(auditor: Auditor, head: int, tmp_path: Path, query: str) -> None:
    file = tmp_path / "some.zip"
    file.write_bytes(auditor.get("/syncs/events.zip", query).content)
    assert verify_export.main([str(file)]) == 0
    assert second_verifier.find_in_zip(file) == ""


def test_any_flipped_byte_of_a_file_in_the_zip_is_found(
    auditor: Auditor, head: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = auditor.get("/syncs/events.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name in ("events.jsonl", "events.csv"):
        for place in range(0, len(members[name]), 97):
            flipped = bytearray(members[name])
            flipped[place] ^= 4
            file = tmp_path / "flipped.zip"
            with zipfile.ZipFile(file, "w") as archive:
                for other, whole in members.items():
                    archive.writestr(other, bytes(flipped) if other == name else whole)
            assert verify_export.main([str(file)]) == 1, (name, place)
            assert second_verifier.find_in_zip(file)
    (tmp_path / "half.zip").write_bytes(content[: len(content) // 2])
    assert verify_export.main([str(tmp_path / "half.zip")]) == 1


def test_a_shortened_zip_is_found_by_its_manifest(
    auditor: Auditor, head: int, tmp_path: Path
) -> None:
    content = auditor.get("/syncs/events.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    lines = members["events.jsonl"].splitlines(keepends=True)
    members["events.jsonl"] = b"".join(lines[:-1])
    file = tmp_path / "shortened.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, whole in members.items():
            archive.writestr(name, whole)
    assert verify_export.main([str(file)]) == 1


@pytest.mark.parametrize(
    "query",
    [
        "after=-1",
        "after=x",
        "after=",
        "after=1.5",
        "until=99999",
        "after=99999",
        "until=" + "9" * 400,
        "until=%D9%A3",
        "after=9&until=3",
        "after=1&after=2",
        "kind=nonsense",
        "kind=",
        "album=nonsense",
        "code=Not+A+Code",
        "person=" + "x" * 501,
        "person=a%00b",
        "operation=x",
        "since=2026-01-01",
        "Kind=completed",
        "=",
    ],
)
@pytest.mark.parametrize("headers", [HTML, JSON], ids=["html", "json"])
def test_a_bad_filter_is_refused_in_words_and_nothing_is_exported(
    auditor: Auditor, head: int, query: str, headers: dict[str, str]
) -> None:
    before = exported()
    for path in ("/syncs/events.jsonl", f"/syncs/{some_sync()}/events.csv"):
        answer = auditor.get(path, query, **headers)
        assert answer.status_code == 400
        if headers is JSON:
            assert error(answer)["code"] == "bad-filter"
        else:
            assert b"Filter by after, until, kind" in answer.content
    assert exported() == before


def test_a_position_beyond_the_head_is_told_where_the_log_ends(auditor: Auditor, head: int) -> None:
    answer = auditor.get("/syncs/events.jsonl", f"until={head + 5}", **JSON)
    assert f"the log ends at position {head}" in error(answer)["message"]


def test_an_unknown_sync_or_form_is_nowhere(auditor: Auditor, head: int) -> None:
    before = exported()
    assert auditor.get(f"/syncs/{uuid.uuid4()}/events.jsonl").status_code == 404
    assert auditor.get(f"/syncs/{some_sync()}/events.xml").status_code == 404
    assert auditor.get("/syncs/events.xml").status_code == 404
    assert exported() == before


def test_an_empty_log_is_an_empty_export(auditor: Auditor, tmp_path: Path) -> None:
    assert auditor.lines() == []
    file = tmp_path / "empty.zip"
    file.write_bytes(auditor.get("/syncs/events.zip", "until=0").content)
    assert verify_export.main([str(file)]) == 0


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("form", FORMS)
def test_who_may_export(role: str, form: str) -> None:
    begin()
    allowed = {"nobody": 302, "viewer": 403}
    somebody = Auditor(role)
    for path in ("/syncs", f"/syncs/{SyncOperation.objects.get().pk}"):
        before = exported()
        assert somebody.get(f"{path}/events.{form}").status_code == allowed.get(role, 200)
        assert exported() == before + (role not in allowed)


def test_to_look_at_the_address_is_no_export(auditor: Auditor, head: int) -> None:
    before = exported()
    for method in ("HEAD", "OPTIONS", "POST"):
        status = auditor.get("/syncs/events.jsonl", method=method).status_code
        assert status in (403, 405)
    assert exported() == before


def asked_for() -> HttpResponseBase:
    """The answer to somebody who asks for an export, before any of it has been sent."""
    request = RequestFactory().get("/syncs/events.jsonl")
    request.user = User.objects.get(username="auditor")
    request.session = SessionStore()
    return downloads.of_log(request, "jsonl")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_can_have_nothing_recorded_in_an_auditors_name(
    auditor: Auditor, head: int, site: str
) -> None:
    before = exported()
    refused = auditor.get("/syncs/events.jsonl", **JSON, **{"Sec-Fetch-Site": site})
    assert (refused.status_code, error(refused)["code"]) == (403, "foreign-page")
    page = auditor.get("/syncs/events.jsonl", **{"Sec-Fetch-Site": site})
    assert page.status_code == 403
    assert error(refused)["message"] in page.content.decode()
    assert exported() == before
    for own in ("same-origin", "none"):
        assert auditor.get("/syncs/events.jsonl", **{"Sec-Fetch-Site": own}).status_code == 200


@pytest.mark.parametrize("accept", ["text/html,*/*;q=0.8", "image/avif,*/*;q=0.8", "*/*"])
@pytest.mark.parametrize("referer", ["https://elsewhere.example/", "http://testserver:9000/", ""])
def test_browsers_that_do_not_say_whose_page_asks_say_which_of_ours_it_is(
    auditor: Auditor, head: int, referer: str, accept: str, settings: LazySettings
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://albums.example"]
    before = exported()
    silent = {"Sec-Fetch-Site": "", "User-Agent": "Mozilla/5.0 (X11)", "Accept": accept}
    refused = auditor.get("/syncs/events.jsonl", **silent, **{"Referer": referer})
    assert refused.status_code == 403
    assert exported() == before
    for page in ("http://testserver/syncs/", "https://albums.example/syncs/"):
        ours = auditor.get("/syncs/events.jsonl", **silent, **{"Referer": page})
        assert ours.status_code == 200
    assert exported() == before + 2


@pytest.mark.parametrize("page", ["/accounts/login/", "/admin/login/?next=/syncs/events.jsonl"])
def test_who_has_just_signed_in_is_led_to_the_page_on_which_to_ask(
    auditor: Auditor, head: int, page: str
) -> None:
    """Any page may have held the link that led to the form."""
    before = exported()
    came = {"Referer": f"http://testserver{page}"}
    answer = auditor.get("/syncs/events.jsonl", **came)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/syncs/")
    assert exported() == before


@pytest.mark.parametrize("loss", ["signed out", "disabled", "no auditor any more"])
def test_it_breaks_off_where_its_reader_may_not_read_it_any_more(
    loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "RIGHTS_S", 0)
    browser = client("auditor")
    user = User.objects.get(username="auditor")
    pieces = downloads._while_allowed(iter([b"1", b"2", b"3"]), browser.session.session_key or "")
    assert (next(pieces), next(pieces)) == (b"1", b"2")
    if loss == "signed out":
        browser.logout()
    elif loss == "disabled":
        User.objects.update(is_active=False)
    else:
        user.groups.clear()
    with pytest.raises(PermissionDenied):
        next(pieces)


def test_too_many_at_once_are_refused_and_not_recorded_though_nobody_reads(
    auditor: Auditor, head: int
) -> None:
    answers = [asked_for() for _ in range(downloads.MAX_AT_ONCE)]
    before = exported()
    refused = auditor.get("/syncs/events.jsonl", **JSON)
    assert (refused.status_code, error(refused)["code"]) == (503, "too-many-exports")
    assert exported() == before
    answers[0].close()
    answers[0].close()  # makes room for one, not for two
    answers.append(asked_for())
    assert auditor.get("/syncs/events.jsonl").status_code == 503
    for answer in answers:
        answer.close()


def test_an_export_makes_room_when_it_has_ended_failed_or_been_forgotten(
    auditor: Auditor, head: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(downloads.MAX_AT_ONCE + 1):
        assert auditor.get("/syncs/events.csv").status_code == 200
    for _ in range(downloads.MAX_AT_ONCE + 1):
        asked_for()
    with monkeypatch.context() as patched:
        patched.setattr(acts, "record", Mock(side_effect=OperationalError("gone")))
        for _ in range(downloads.MAX_AT_ONCE + 1):
            with pytest.raises(OperationalError):
                asked_for()
    assert auditor.get("/syncs/events.csv").status_code == 200
