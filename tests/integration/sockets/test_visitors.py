"""Whom the cookies of sockets belong to."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from syncengine import roles
from syncengine.visitors import Visitor, Visitors, visitors_of
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
    assert [visitor and visitor.admission.roles for visitor in found] == [
        frozenset(),
        {roles.AUDITORS},
        {roles.ADMINS},
        {roles.SUPERUSER, roles.ADMINS, roles.AUDITORS},
    ]
    assert [visitor and visitor.admission.account for visitor in found] == [
        user.pk for user in users.values()
    ]


def test_however_many_come_there_are_two_queries(database: str) -> None:
    keys = [session_of(account("admin", f"admin{number}").username) for number in range(40)]
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = visitors_of(keys)
    assert {visitor.name for visitor in found.values()} == {f"admin{n}" for n in range(40)}
    assert len(asked) == 2


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
        session = Session.objects.get(pk=key).get_session_store_class()(key)
        session["_auth_user_backend"] = "somewhere.else.Backend"
        session.save()
    found = visitors_of([key, others])
    assert list(found) == [others]
    assert found[others].admission.account == other.pk


BACKEND = "django.contrib.auth.backends.ModelBackend"
ODD: list[Any] = [
    *({"_auth_user_id": key} for key in ("abc", str(2**70), 2**70, "-1", None, {}, [1], 1e999)),
    {"_auth_user_id": "1", "_auth_user_backend": [], "_auth_user_hash": "x"},
    {"_auth_user_id": "1", "_auth_user_backend": BACKEND, "_auth_user_hash": 5},
    {"_auth_user_id": "1", "_auth_user_backend": BACKEND, "_auth_user_hash": "\ud800"},
    {"_auth_user_id": str(2**70), "_auth_user_backend": BACKEND, "_auth_user_hash": "x"},
    {"_auth_user_id": str(2**63 - 1), "_auth_user_backend": BACKEND, "_auth_user_hash": "x"},
    *({}, [], [1], "_auth_user_id", None, 5),
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_session_is_nobodys_and_others_do_not_suffer(database: str, odd: Any) -> None:
    user = account("viewer")
    key = session_of("viewer")
    store = Session.get_session_store_class()()
    data = signing.dumps(odd, salt=store.key_salt, serializer=store.serializer)
    Session.objects.create(
        pk="a" * 32, session_data=data, expire_date=timezone.now() + timedelta(days=1)
    )
    found = visitors_of([key, "a" * 32])
    assert list(found) == [key]
    assert found[key].admission.account == user.pk


def test_a_session_in_which_nobody_has_signed_in_is_nobodys(database: str) -> None:
    session = Session.get_session_store_class()()
    session["language"] = "en"
    session.create()
    assert visitors_of([session.session_key]) == {}
