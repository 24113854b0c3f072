"""What somebody was let in with, held against what they have now."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from syncengine import rights, roles
from tests.accounts import account
from tests.browser.people import session_of

Act = Callable[[User], object]


def let_in(user: User) -> rights.Admission:
    return rights.admission(rights.accounts({user.pk})[user.pk], session_of(user.username))


def saved(user: User, **columns: object) -> None:
    for name, value in columns.items():
        setattr(user, name, value)
    user.save()


def with_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save()


def sessions_of(user: User) -> QuerySet[Session]:
    mine = [
        one.pk for one in Session.objects.all() if one.get_decoded()[SESSION_KEY] == str(user.pk)
    ]
    return Session.objects.filter(pk__in=mine)


@pytest.mark.parametrize(
    ("role", "act", "loss"),
    [
        ("viewer", lambda user: sessions_of(user).delete(), "signed-out"),
        ("viewer", lambda user: sessions_of(user).update(expire_date=timezone.now()), "signed-out"),
        ("viewer", lambda user: saved(user, is_active=False), "signed-out"),
        ("viewer", lambda user: user.delete(), "signed-out"),
        ("viewer", lambda user: with_password(user, "another-horse"), "signed-out"),
        ("auditor", lambda user: user.groups.clear(), "not-allowed"),
        ("auditor", lambda user: user.groups.get().delete(), "not-allowed"),
        ("auditor", lambda user: user.groups.update(name="Former"), "not-allowed"),
        ("superuser", lambda user: saved(user, is_superuser=False), "not-allowed"),
        ("viewer", lambda user: saved(user, is_superuser=True), None),
        ("viewer", lambda user: user.groups.add(Group.objects.get(name=roles.ADMINS)), None),
        ("viewer", lambda user: saved(user, first_name="Ann"), None),
    ],
)
def test_what_no_longer_holds_is_found_and_nothing_else(
    database: str, role: str, act: Act, loss: rights.Loss | None
) -> None:
    user, bystander = account(role), let_in(account("admin", "bystander"))
    admission = let_in(user)
    assert rights.losses([admission, bystander]) == {}
    act(user)
    assert rights.losses([admission, bystander]) == ({admission: loss} if loss else {})


def test_as_many_sockets_as_a_process_has_are_looked_after_in_two_queries(database: str) -> None:
    user = account("admin")
    account_now = rights.accounts({user.pk})[user.pk]
    admissions = [
        rights.admission(account_now, f"{number:032}") for number in range(settings.MAX_SOCKETS)
    ]
    with CaptureQueriesContext(connection) as queries:
        assert set(rights.losses(admissions).values()) == {"signed-out"}
    assert len(queries) == 2
