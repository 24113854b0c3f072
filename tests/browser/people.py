"""Accounts, and what makes a browser theirs: a session's cookie, without the sign-in form."""

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group, User

from project.demo_accounts import ACCOUNTS
from syncengine.sessions import SessionStore

PASSWORD = "a long enough password"


def make_people() -> None:
    """Make `admin`, `admin2`, `auditor` and `viewer` in the current database."""
    password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1000)
    for name, (first_name, last_name, group) in ACCOUNTS.items():
        user = User.objects.create(
            username=name, first_name=first_name, last_name=last_name, password=password
        )
        if group is not None:
            user.groups.add(Group.objects.get(name=group))


def session_of(name: str) -> str:
    """The key of a new session in which this person is signed in."""
    user = User.objects.get(username=name)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    key: str = session.session_key
    return key
