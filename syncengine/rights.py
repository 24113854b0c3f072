"""Whether whoever was let in may stay: a socket lives for days, and what let it in may end sooner.

Sessions end, accounts are disabled or deleted, passwords and groups change. Whatever changes them,
the database knows, so it is asked again: when a bell says so, and now and then without one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from syncengine import roles

Loss = Literal["signed-out", "not-allowed"]


@dataclass(frozen=True, slots=True)
class Admission:
    """What somebody was let in with. `credentials` changes with the password."""

    session: str
    account: int
    credentials: str
    roles: frozenset[str]


def admission(user: User, session: str) -> Admission:
    """What this person, signed in by this session, is let in with now."""
    return Admission(session, user.pk, user.get_session_auth_hash(), roles.held_by(user))


def losses(admissions: Collection[Admission]) -> dict[Admission, Loss]:
    """Those that no longer hold, and why, in two queries however many there are.

    Who has gained a role since keeps the place that they have."""
    sessions = set(
        Session.objects.filter(
            session_key__in={one.session for one in admissions}, expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    accounts = _accounts({one.account for one in admissions})
    found: dict[Admission, Loss] = {}
    for one in admissions:
        credentials, held = accounts.get(one.account, (None, frozenset()))
        if one.session not in sessions or one.credentials != credentials:
            found[one] = "signed-out"
        elif not one.roles <= held:
            found[one] = "not-allowed"
    return found


def _accounts(keys: set[int]) -> dict[int, tuple[str, frozenset[str]]]:
    """Credentials and roles of the accounts that are active, by key."""
    rows = User.objects.filter(pk__in=keys, is_active=True).values_list(
        "pk", "password", "is_superuser", "groups__name"
    )
    accounts: dict[int, tuple[str, frozenset[str]]] = {}
    for key, password, is_superuser, group in rows:
        if key not in accounts:
            accounts[key] = (User(password=password).get_session_auth_hash(), frozenset())
        credentials, held = accounts[key]
        accounts[key] = credentials, held | roles.held(is_superuser, {group})
    return accounts
