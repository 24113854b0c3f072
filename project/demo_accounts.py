"""The four accounts of the demo."""

import os
import secrets
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User

from syncengine import roles

ACCOUNTS = {
    "admin": ("Ada", "Marlow", roles.ADMINS),
    "admin2": ("Ben", "Okafor", roles.ADMINS),
    "auditor": ("Cleo", "Lindqvist", roles.AUDITORS),
    "viewer": ("Dan", "Rossi", None),
}


def ensure(folder: Path) -> tuple[str, list[str]]:
    """Make the accounts; returns their password and names.

    The password is `DEMO_PASSWORD`, or one that is made up once and kept in `folder`.
    """
    password = os.environ.get("DEMO_PASSWORD") or _kept_password(folder / "demo_password")
    hashed = _hash_in_use(password) or make_password(password)
    for name, (first_name, last_name, group) in ACCOUNTS.items():
        user, _ = User.objects.update_or_create(
            username=name,
            defaults={
                "first_name": first_name,
                "last_name": last_name,
                "password": hashed,
                "is_staff": name == "admin",
                "is_superuser": name == "admin",
            },
        )
        if group is not None:
            user.groups.add(Group.objects.get(name=group))
    return password, list(ACCOUNTS)


def _hash_in_use(password: str) -> str | None:
    """The stored hash where it is of this password: making one anew would sign everybody out."""
    admin = User.objects.filter(username="admin").first()
    return admin.password if admin and admin.check_password(password) else None


def _kept_password(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    return path.read_text().strip()
