"""Who is let in, and whether they may stay: a socket lives for days, and what let it in may end
sooner.

Sessions end, accounts are disabled or deleted, passwords and groups change. Whatever changes them,
the database knows, so it is asked again: when a bell says so, and now and then without one.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from syncengine import roles
from syncengine.models import Session

Loss = Literal["signed-out", "not-allowed"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whom a session has signed in, and what they may."""

    session: str
    account: int
    name: str
    roles: frozenset[str]

    @property
    def may_read_history(self) -> bool:
        return not self.roles.isdisjoint(roles.MAY_READ_HISTORY)


def visitors_of(sessions: Collection[str]) -> dict[str, Visitor]:
    """Whom these sessions have signed in, by the key of the session, in one query however many
    there are. What it takes for one to count is what `django.contrib.auth.get_user` asks of it."""
    rows = Session.objects.filter(
        session_key__in=sessions, expire_date__gt=timezone.now(), account__is_active=True
    ).values_list(
        "session_key",
        "credentials",
        "account",
        "account__username",
        "account__first_name",
        "account__last_name",
        "account__password",
        "account__is_superuser",
        "account__groups__name",
    )
    found: dict[str, Visitor] = {}
    for key, credentials, account, name, first, last, password, is_superuser, group in rows:
        if key not in found:
            user = User(first_name=first, last_name=last, password=password)
            if not constant_time_compare(credentials, user.get_session_auth_hash()):
                continue
            found[key] = Visitor(key, account, user.get_full_name() or name, frozenset())
        held = found[key].roles | roles.held(is_superuser, {group})
        found[key] = replace(found[key], roles=held)
    return found


def loss(visitor: Visitor, now: Visitor | None) -> Loss | None:
    """Why somebody who was let in may not stay, by whom their session has signed in now; None
    while they may. Who has gained a role since keeps the place that they have."""
    if now is None or now.account != visitor.account:
        return "signed-out"
    return None if visitor.roles <= now.roles else "not-allowed"
