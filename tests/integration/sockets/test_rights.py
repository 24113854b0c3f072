"""What somebody was let in with, held against what they have now."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from syncengine import roles
from syncengine.rights import Loss, loss, visitors_of
from tests.accounts import account
from tests.browser.people import session_of

Act = Callable[[User], object]


def saved(user: User, **columns: object) -> None:
    for name, value in columns.items():
        setattr(user, name, value)
    user.save()


def with_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save()


@pytest.mark.parametrize(
    ("role", "act", "lost"),
    [
        ("viewer", lambda user: user.session_set.all().delete(), "signed-out"),
        ("viewer", lambda user: user.session_set.update(expire_date=timezone.now()), "signed-out"),
        ("viewer", lambda user: user.session_set.update(account=None), "signed-out"),
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
    database: str, role: str, act: Act, lost: Loss | None
) -> None:
    user, _ = account(role), account("admin", "bystander")
    key, bystanders = session_of(role), session_of("bystander")
    let_in = visitors_of([key, bystanders])
    assert [loss(one, let_in[one.session]) for one in let_in.values()] == [None, None]
    act(user)
    now = visitors_of([key, bystanders])
    assert loss(let_in[key], now.get(key)) == lost
    assert loss(let_in[bystanders], now.get(bystanders)) is None


def test_a_session_that_is_now_another_persons_has_signed_its_visitor_out(database: str) -> None:
    for name in ("ann", "bob"):
        account("admin", name)
    ann, bob = visitors_of([session_of("ann"), session_of("bob")]).values()
    assert loss(ann, bob) == "signed-out"
