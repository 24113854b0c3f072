"""Every door, tried by everybody."""

import uuid
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group
from django.db import connections

from syncengine import log, operations, roles
from syncengine.models import SyncOperation
from tests.accounts import ROLES, account, client
from tests.syncing import current_operation

JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
EVERYBODY = dict.fromkeys(("viewer", "auditor", "admin", "superuser"), 200)
AUDITORS = {**EVERYBODY, "viewer": 403}
ADMINS = {**AUDITORS, "auditor": 403}


@pytest.fixture(autouse=True)
def own_database(database: str) -> Iterator[None]:
    yield
    connections.close_all()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", EVERYBODY),
        ("/api/status", EVERYBODY),
        ("/syncs/", AUDITORS),
        ("/api/events", AUDITORS),
    ],
)
def test_who_may_read_what(path: str, allowed: dict[str, int], role: str) -> None:
    signed_out = 401 if path.startswith("/api/") else 302
    answer = client(role).get(path, headers=HTML)
    assert answer.status_code == allowed.get(role, signed_out)
    if answer.status_code == 302:
        assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("role", ROLES)
def test_who_may_read_one_sync(role: str) -> None:
    operation = operations.start("ann", "button")
    answer = client(role).get(f"/syncs/{operation['id']}/", headers=HTML)
    assert answer.status_code == {**AUDITORS, "nobody": 302}[role]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("headers", [JSON, HTML], ids=["json", "form"])
def test_only_admins_start_a_sync(role: str, headers: dict[str, str]) -> None:
    answer = client(role).post("/syncs/", headers=headers)
    accepted, signed_out = (202, 401) if headers is JSON else (303, 302)
    wanted = {**ADMINS, "admin": accepted, "superuser": accepted, "nobody": signed_out}
    assert answer.status_code == wanted[role]
    assert SyncOperation.objects.count() == (role in ("admin", "superuser"))


@pytest.mark.parametrize("role", ["nobody", "viewer", "auditor"])
@pytest.mark.parametrize("act", ["cancel", "retry", "confirm"])
def test_nobody_else_may_touch_a_sync(act: str, role: str) -> None:
    operation = operations.start("ann", "button")
    before = log.current_status()
    answer = client(role).post(f"/syncs/{operation['id']}/{act}/", headers=JSON)
    assert answer.status_code == (401 if role == "nobody" else 403)
    assert answer.json()["error"]["code"] == ("signed-out" if role == "nobody" else "not-allowed")
    assert log.current_status() == before


@pytest.mark.parametrize("act", ["cancel", "retry", "confirm"])
@pytest.mark.parametrize("role", ["viewer", "auditor"])
def test_who_may_not_act_learns_nothing_about_ids(act: str, role: str) -> None:
    answer = client(role).post(f"/syncs/{uuid.uuid4()}/{act}/", headers=JSON)
    assert answer.status_code == 403


def test_an_account_that_is_disabled_is_signed_out_at_once() -> None:
    browser = client("admin")
    assert browser.get("/api/status").status_code == 200
    user = account("viewer").__class__.objects.get(username="admin")
    user.is_active = False
    user.save()
    assert browser.get("/api/status").status_code == 401
    assert browser.post("/syncs/", headers=JSON).status_code == 401


def test_an_account_that_leaves_its_group_loses_its_rights_at_once() -> None:
    browser = client("admin")
    Group.objects.get(name=roles.ADMINS).user_set.clear()
    assert browser.post("/syncs/", headers=JSON).status_code == 403
    assert browser.get("/api/status").status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_admin_pages_are_for_staff(role: str) -> None:
    answer = client(role).get("/admin/")
    assert answer.status_code == (200 if role == "superuser" else 302)


def test_the_log_says_who_asked_and_how() -> None:
    browser = client("admin")
    browser.post("/syncs/", headers=JSON)
    asked = current_operation()
    assert (asked["requested_by"], asked["trigger"]) == ("admin", "api")
    browser.post(f"/syncs/{asked['id']}/cancel/", headers=HTML)
    assert current_operation()["cancel_requested_by"] == "admin"
    browser.post("/syncs/", {"button": ""}, headers=HTML)
    assert current_operation()["trigger"] == "button"
