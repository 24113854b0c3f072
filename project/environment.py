"""Reading settings so that a wrong one names itself and says what to write."""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

YES, NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def flag(name: str) -> bool:
    """A switch. A word that is neither yes nor no is refused: a typo must not switch safety off."""
    text = env.str(name, "").strip().lower()
    if text not in YES + NO:
        raise ImproperlyConfigured(f"{name}={text} is neither 1 nor 0.")
    return text in YES


def number(name: str, default: int, least: int) -> int:
    """A whole number of at least `least`."""
    text = env.str(name, "").strip() or str(default)
    if not (text.isascii() and text.isdecimal() and int(text) >= least):
        raise ImproperlyConfigured(f"{name}={text} is no whole number of at least {least}.")
    return int(text)


def database(name: str, default: str) -> dict[str, Any]:
    """A database's URL, as Django wants it."""
    try:
        found: dict[str, Any] = env.db_url(name, default)
    except (environ.ImproperlyConfigured, ValueError, KeyError):
        found = {}
    if not found.get("ENGINE"):
        raise ImproperlyConfigured(
            f"{name} is no URL of a database, such as postgresql://user:password@host/groovelog"
        )
    return found


def address(name: str, schemes: tuple[str, ...]) -> str:
    """A URL with one of these schemes, or nothing."""
    text: str = env.str(name, "")
    if text and not text.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ImproperlyConfigured(f"{name} does not begin with {schemes[0]}://")
    return text
