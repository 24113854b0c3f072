"""Whom the cookies of sockets belong to."""

import asyncio
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from syncengine import roles
from syncengine.models import Session
from syncengine.rights import Visitor, visitors_of
from syncengine.sessions import SessionStore
from syncengine.visitors import Visitors
from tests.accounts import ROLES, account
from tests.browser.people import session_of


def scope(key: str) -> dict[str, Any]:
    return {"headers": [(b"cookie", f"sessionid={key}".encode())]}


async def ask(*keys: str) -> list[Visitor | None]:
    visitors = Visitors()
    try:
        return await asyncio.gather(*(visitors.visitor(scope(key)) for key in keys))
    finally:
        await visitors._database.close()  # a process keeps it


@pytest.mark.parametrize("key", ["", "aaaaaaaaaa\0b", "a" * 5000, "%00", "é" * 32, "a" * 32])
async def test_a_cookie_that_holds_no_key_is_nobodys(database: str, key: str) -> None:
    assert await ask(key) == [None]


def test_people_are_known_by_their_sessions(database: str) -> None:
    users = {role: account(role) for role in ROLES[1:]}
    users["viewer"].first_name, users["viewer"].last_name = "Nina", "Simone"
    users["viewer"].save()
    keys = {role: session_of(role) for role in users}

    found = asyncio.run(ask(*keys.values()))

    names = [visitor and visitor.name for visitor in found]
    assert names == ["Nina Simone", "auditor", "admin", "superuser"]
    assert [visitor and visitor.roles for visitor in found] == [
        frozenset(),
        {roles.AUDITORS},
        {roles.ADMINS},
        {roles.SUPERUSER, roles.ADMINS, roles.AUDITORS},
    ]
    assert [visitor and visitor.account for visitor in found] == [
        user.pk for user in users.values()
    ]


def test_however_many_come_there_is_one_query(database: str) -> None:
    keys = [session_of(account("admin", f"admin{number}").username) for number in range(40)]
    unknown = [f"{number:032}" for number in range(settings.MAX_SOCKETS)]
    with CaptureQueriesContext(connection) as asked:
        found = visitors_of([*keys, *unknown])
    assert {visitor.name for visitor in found.values()} == {f"admin{n}" for n in range(40)}
    assert len(asked) == 1


@pytest.mark.parametrize("what", ["expired", "disabled", "deleted", "password", "backend"])
def test_a_session_that_no_longer_holds_is_nobodys(database: str, what: str) -> None:
    user, other = account("viewer"), account("auditor")
    key, others = session_of("viewer"), session_of("auditor")
    if what == "expired":
        Session.objects.filter(pk=key).update(expire_date=timezone.now())
    elif what == "disabled":
        user.is_active = False
        user.save()
    elif what == "deleted":
        user.delete()
    elif what == "password":
        user.set_password("another one")
        user.save()
    else:
        session = SessionStore(key)
        session["_auth_user_backend"] = "somewhere.else.Backend"
        session.save()
    found = visitors_of([key, others])
    assert list(found) == [others]
    assert found[others].account == other.pk


def test_a_session_in_which_nobody_has_signed_in_is_nobodys(database: str) -> None:
    session = SessionStore()
    session["language"] = "en"
    session.create()
    assert visitors_of([session.session_key]) == {}


def test_whom_a_session_has_signed_in_follows_what_is_saved_in_it(database: str) -> None:
    account("viewer")
    key = session_of("viewer")
    session = SessionStore(key)
    session["language"] = "en"
    session.save()
    assert visitors_of([key])[key].name == "viewer"
    session.clear()
    session.save()
    assert visitors_of([key]) == {}


def test_a_request_that_outlives_its_account_saves_its_session(database: str) -> None:
    """As where somebody is deleted while a request of theirs is under way."""
    user = account("viewer")
    data = SessionStore(session_of("viewer")).load()
    user.delete()
    late = SessionStore()
    late.update(data)
    late.create()
    assert late.session_key
    assert visitors_of([late.session_key]) == {}
