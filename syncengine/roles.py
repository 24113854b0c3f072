"""Who may what. Everybody who is signed in sees the catalog and the live status."""

from collections.abc import Collection

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User

ADMINS = "Catalog admins"
AUDITORS = "Auditors"
SUPERUSER = "superuser"
MAY_READ_HISTORY = (ADMINS, AUDITORS)


def is_admin(user: AbstractBaseUser | AnonymousUser) -> bool:
    """May start, cancel, confirm and retry syncs."""
    return _belongs(user, ADMINS)


def is_auditor(user: AbstractBaseUser | AnonymousUser) -> bool:
    """May read the whole history. Admins may, too."""
    return _belongs(user, *MAY_READ_HISTORY)


def held(is_superuser: bool, groups: Collection[str | None]) -> frozenset[str]:
    """The roles that come from the flag and the groups of an account."""
    superuser = {SUPERUSER, ADMINS, AUDITORS} if is_superuser else set()
    return frozenset(superuser | {ADMINS, AUDITORS}.intersection(groups))


def _belongs(user: AbstractBaseUser | AnonymousUser, *groups: str) -> bool:
    if not isinstance(user, User) or not user.is_active:
        return False
    if user.is_superuser:
        return True
    return not _group_names(user).isdisjoint(groups)


def _group_names(user: User) -> set[str]:
    if not hasattr(user, "_group_names"):
        # Asked several times a request; a request's user lives no longer than the request.
        user._group_names = set(user.groups.values_list("name", flat=True))  # type: ignore[attr-defined]
    names: set[str] = user._group_names  # type: ignore[attr-defined]
    return names
