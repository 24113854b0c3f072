"""Which changes of accounts and sessions ring the bell of rights.

Signals do not see everything (`QuerySet.update`, SQL by hand), so the hubs also ask by themselves.
"""

from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save

from syncengine import fanout, hub
from syncengine.models import Session


def connect() -> None:
    """Ring after the commit of whatever may take rights away."""
    post_save.connect(_account_saved, User)
    for signal, sender in (
        (post_delete, User),
        (post_delete, Session),  # signing out; `user_logged_out` comes before the session ends
        (m2m_changed, User.groups.through),
        (post_save, Group),
        (post_delete, Group),
    ):
        signal.connect(_changed, sender)


def _account_saved(
    created: bool, update_fields: frozenset[str] | None, using: str, **kwargs: Any
) -> None:
    # Signing in saves the account's `last_login` alone, and takes nothing away.
    if not created and update_fields != frozenset({"last_login"}):
        transaction.on_commit(_ring, using)


def _changed(using: str, **kwargs: Any) -> None:
    transaction.on_commit(_ring, using)


def _ring() -> None:
    hub.check_rights()
    fanout.ring_rights()
