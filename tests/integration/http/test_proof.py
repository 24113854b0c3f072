"""The page of the proof: what holds, since when not, and who has looked."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connections
from django.test import Client

from frontend import proof_page
from syncengine import checkpoints, guard, log, triggers, verify_export
from syncengine.events import Event
from syncengine.models import LogHead, SyncEvent
from syncengine.verify import verify
from tests.accounts import ROLES, client
from tests.histories import write_history
from tests.integration.http.answers import HTML, JSON, error
from tests.tampering import drop_triggers

ADDRESSES = ("/syncs/proof/", "/syncs/proof/checkpoints.jsonl", "/syncs/proof/verify_export.py")


@pytest.fixture(autouse=True)
def own_database(database: str) -> Iterator[None]:
    yield
    connections.close_all()


@pytest.fixture
def head() -> int:
    return write_history()


@pytest.fixture
def auditor() -> Client:
    return client("auditor")


def shown(browser: Client) -> str:
    answer = browser.get("/syncs/proof/", headers=HTML)
    assert answer.status_code == 200
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(text.split())


def tamper(position: int, **columns: object) -> None:
    drop_triggers()
    SyncEvent.objects.filter(pk=position).update(**columns)
    triggers.install()


def newest_event() -> Event:
    return log.events_after(log.head().position - 1)[0]


def test_before_anybody_has_verified(auditor: Client) -> None:
    page = shown(auditor)
    assert "Nobody has verified it here yet" in page
    assert "have found nothing wrong" in page
    assert "There is none yet: the first is written at the end of the first sync." in page


def test_a_sound_log_holds_to_its_head(auditor: Client, head: int) -> None:
    answer = auditor.post("/syncs/proof/", headers=HTML)
    assert (answer.status_code, answer["Location"]) == (303, "/syncs/proof/")
    assert f"It holds Chain and fold hold from position 1 to {head}." in shown(auditor)
    recorded = newest_event()
    assert (recorded.kind, recorded.operation, recorded.position) == ("verified", None, head + 1)
    assert recorded.data == {
        "by": "auditor",
        "what": "the log",
        "filter": {},
        "result": {
            "sound": True,
            "head": head,
            "holds_to": head,
            "first_bad": None,
            "problem": None,
            "problems": 0,
        },
    }
    assert verify().is_sound


def test_the_first_position_that_does_not_hold_is_named(auditor: Client, head: int) -> None:
    tamper(5, data="{}")
    auditor.post("/syncs/proof/", headers=HTML)
    page = shown(auditor)
    assert "It does not hold Chain and fold hold up to position 4" in page
    assert "the first position where they do not is 5" in page
    assert "Position 5: its content does not have its hash." in page
    found = newest_event().data["result"]
    assert (found["sound"], found["holds_to"], found["first_bad"]) == (False, 4, 5)
    assert guard.finding() is not None, "the banner on every page"


def test_a_status_that_is_not_the_fold_is_found(auditor: Client, head: int) -> None:
    status = LogHead.objects.get().status
    LogHead.objects.update(status=status.replace('"attempt":1', '"attempt":2'))
    auditor.post("/syncs/proof/", headers=HTML)
    page = shown(auditor)
    assert f"It does not hold Chain and fold hold up to position {head}." in page
    assert "The stored status is not the fold of the log." in page


def test_what_was_found_after_a_verification_is_told(auditor: Client, head: int) -> None:
    auditor.post("/syncs/proof/", headers=HTML)
    tamper(5, data="{}")
    guard.check()
    assert "Since then something was found: position 5" in shown(auditor)


def test_a_program_gets_what_was_found(auditor: Client, head: int) -> None:
    answer = auditor.post("/syncs/proof/", headers=JSON)
    assert answer.status_code == 200
    assert answer.json()["verification"] == newest_event().data["result"]


def test_a_log_whose_end_is_gone_is_told_though_it_cannot_be_recorded(
    auditor: Client, head: int
) -> None:
    drop_triggers()
    SyncEvent.objects.filter(position__gte=head - 1).delete()
    triggers.install()
    answer = auditor.post("/syncs/proof/", headers=JSON)
    assert answer.status_code == 503
    assert f"position {head - 1}: missing" in error(answer)["message"]
    assert "could not be recorded" in error(answer)["remedy"]
    page = auditor.post("/syncs/proof/", headers=HTML)
    assert page.status_code == 503
    assert f"position {head - 1}: missing" in page.content.decode()


def test_one_verification_at_a_time(auditor: Client, head: int) -> None:
    with proof_page._verifying:
        answer = auditor.post("/syncs/proof/", headers=JSON)
    assert (answer.status_code, error(answer)["code"]) == (409, "verifying")
    assert log.head().position == head
    assert auditor.post("/syncs/proof/", headers=JSON).status_code == 200


def test_checkpoints_stand_beside_what_the_log_has(auditor: Client, head: int) -> None:
    page = shown(auditor)
    assert page.count("the same") == 3
    assert "Checkpoints 3" in page
    file = checkpoints.path()
    first, *others = file.read_text().splitlines()
    forged = json.loads(first) | {"hash": "f" * 64}
    later = json.loads(first) | {"position": 10**30}
    file.write_text("\n".join([json.dumps(forged), *others, json.dumps(later)]) + "\n")
    page = shown(auditor)
    assert (page.count("the same"), page.count("another event")) == (2, 1)
    assert page.count(" missing ") == 1


def test_checkpoints_that_cannot_be_read_are_no_error(
    auditor: Client, head: int, settings: LazySettings, tmp_path: Path
) -> None:
    settings.CHECKPOINT_FILE = str(tmp_path)
    assert "The checkpoints cannot be read: Is a directory." in shown(auditor)
    assert auditor.get("/syncs/proof/checkpoints.jsonl").content == b""


def test_the_checkpoints_can_be_taken_away_and_name_no_place(auditor: Client, head: int) -> None:
    answer = auditor.get("/syncs/proof/checkpoints.jsonl")
    assert 'filename="checkpoints.jsonl"' in answer["Content-Disposition"]
    lines = [json.loads(line) for line in answer.content.splitlines()]
    stored = [json.loads(line) for line in checkpoints.path().read_text().splitlines()]
    assert len(lines) == 3
    for line, kept in zip(lines, stored, strict=True):
        del kept["database"]
        assert line == kept


def test_the_verifier_can_be_taken_away(auditor: Client) -> None:
    answer = auditor.get("/syncs/proof/verify_export.py")
    assert answer.content == Path(verify_export.__file__).read_bytes()
    assert 'filename="verify_export.py"' in answer["Content-Disposition"]


def test_the_command_that_verifies_names_the_export_as_it_is_named_when_taken(
    auditor: Client, head: int
) -> None:
    page = shown(auditor)
    taken = auditor.get("/syncs/events.zip").headers["Content-Disposition"].split('"')[1]
    assert taken == f"log-{head}.zip", "the position of its last event"
    assert f"python verify_export.py {taken} checkpoints.jsonl" in page


def test_who_exported_and_verified_is_told(auditor: Client, head: int) -> None:
    auditor.post("/syncs/proof/", headers=HTML)
    page = shown(auditor)
    assert f"auditor verified the log. It held to position {head}." in page
    assert "eve exported the events of a sync as CSV. 51 events, only operation" in page


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", ADDRESSES)
def test_who_may_see_the_proof(role: str, path: str) -> None:
    wanted = {"nobody": 302, "viewer": 403}.get(role, 200)
    assert client(role).get(path, headers=HTML).status_code == wanted


@pytest.mark.parametrize("role", ROLES)
def test_who_may_verify(role: str) -> None:
    wanted = {"nobody": 401, "viewer": 403}.get(role, 200)
    assert client(role).post("/syncs/proof/", headers=JSON).status_code == wanted
    assert log.head().position == (wanted == 200)


def test_nobody_verifies_by_a_strangers_form(head: int) -> None:
    browser = client("auditor", csrf=True)
    assert browser.post("/syncs/proof/", headers=HTML).status_code == 403
    assert log.head().position == head
    page = browser.get("/syncs/proof/", headers=HTML).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    form = {"csrfmiddlewaretoken": token[1]}
    assert browser.post("/syncs/proof/", form, headers=HTML).status_code == 303
