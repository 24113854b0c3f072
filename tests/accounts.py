"""Accounts of every role, and a client that is signed in as one of them."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from syncengine import roles

PASSWORD = "correct-horse-battery"
GROUPS = {"admin": roles.ADMINS, "auditor": roles.AUDITORS}
ROLES = ("nobody", "viewer", "auditor", "admin", "superuser")


def account(role: str, username: str = "", **columns: Any) -> User:
    """Make an account of a role; its name is the role's unless given. `password=None` makes one
    that nobody can sign in to by the form, in a tenth of the time."""
    user = User.objects.create_user(username or role, **{"password": PASSWORD, **columns})
    if role == "superuser":
        user.is_superuser = user.is_staff = True
        user.save()
    elif role in GROUPS:
        user.groups.add(Group.objects.get(name=GROUPS[role]))
    return user


def client(role: str, *, csrf: bool = False) -> Client:
    """A browser that is signed in as somebody of this role; `nobody` is signed out."""
    browser = Client(enforce_csrf_checks=csrf)
    if role != "nobody":
        browser.force_login(account(role), "django.contrib.auth.backends.ModelBackend")
    return browser
