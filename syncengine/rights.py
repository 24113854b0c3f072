"""Whether whoever was let in may stay: a socket lives for days, and what let it in may end sooner.

Sessions end, accounts are disabled or deleted, passwords and groups change. Whatever changes them,
the database knows, so it is asked again: when a bell says so, and now and then without one.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Account:
    """An active account as it is now."""

    key: int
    name: str
    credentials: str
    roles: frozenset[str]


def admission(account: Account, session: str) -> Admission:
    """What this person, signed in by this session, is let in with now."""
    return Admission(session, account.key, account.credentials, account.roles)


def losses(admissions: Collection[Admission]) -> dict[Admission, Loss]:
    """Those that no longer hold, and why, in two queries however many there are.

    Who has gained a role since keeps the place that they have."""
    sessions = set(
        Session.objects.filter(
            session_key__in={one.session for one in admissions}, expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    known = accounts({one.account for one in admissions})
    found: dict[Admission, Loss] = {}
    for one in admissions:
        account = known.get(one.account)
        if one.session not in sessions or not account or one.credentials != account.credentials:
            found[one] = "signed-out"
        elif not one.roles <= account.roles:
            found[one] = "not-allowed"
    return found


def accounts(keys: Collection[int]) -> dict[int, Account]:
    """Those of these accounts that are active, by key, in one query."""
    rows = User.objects.filter(pk__in=keys, is_active=True).values_list(
        "pk", "username", "first_name", "last_name", "password", "is_superuser", "groups__name"
    )
    found: dict[int, Account] = {}
    for key, username, first_name, last_name, password, is_superuser, group in rows:
        if key not in found:
            user = User(first_name=first_name, last_name=last_name, password=password)
            name = user.get_full_name() or username
            found[key] = Account(key, name, user.get_session_auth_hash(), frozenset())
        held = found[key].roles | roles.held(is_superuser, {group})
        found[key] = replace(found[key], roles=held)
    return found
