"""Who may what. Everybody who is signed in sees the catalog and the live status."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User

ADMINS = "Catalog admins"
AUDITORS = "Auditors"


def is_admin(user: AbstractBaseUser | AnonymousUser) -> bool:
    """May start, cancel, confirm and retry syncs."""
    return _belongs(user, ADMINS)


def is_auditor(user: AbstractBaseUser | AnonymousUser) -> bool:
    """May read the whole history. Admins may, too."""
    return _belongs(user, ADMINS, AUDITORS)


def _belongs(user: AbstractBaseUser | AnonymousUser, *groups: str) -> bool:
    if not isinstance(user, User) or not user.is_active:
        return False
    if user.is_superuser:
        return True
    if not hasattr(user, "_group_names"):
        # Asked several times a request; a request's user lives no longer than the request.
        user._group_names = set(user.groups.values_list("name", flat=True))  # type: ignore[attr-defined]
    return not user._group_names.isdisjoint(groups)  # type: ignore[attr-defined]
