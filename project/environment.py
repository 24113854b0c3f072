"""Reading settings so that a wrong one names itself and says what to write, and shows no secret."""

import re
import stat
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

YES, NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
ENV_LINE = re.compile(r"(export )?\w+=", re.ASCII)
DATABASES = ("sqlite:///", "postgresql://", "postgres://")
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
# A name, an IPv4 address or an IPv6 one in brackets; with a dot before it, a domain's subdomains.
HOST = re.compile(r"\.?[\w-]+(\.[\w-]+)*|\[[0-9a-f:.]+\]", re.IGNORECASE)
ORIGIN = re.compile(r"https?://([\w-]+(\.[\w-]+)*|\[[0-9a-f:.]+\])(:[0-9]+)?", re.IGNORECASE)
LEAST_TOKEN = 16  # characters
ENCODE = "Write / # ? @ and % in a password as %2F %23 %3F %40 and %25."


def read_env_file(path: Path) -> None:
    """Take the lines of `.env` into the environment, where they do not overrule what is there.

    A line that is none is refused by its number: django-environ would log it, secret and all.
    """
    if not path.exists():
        return
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{path} cannot be read: {_reason(error)}.") from None
    for number, line in enumerate(lines, start=1):
        if line and not line.startswith("#") and not ENV_LINE.match(line):
            raise ImproperlyConfigured(f"Line {number} of {path} is no NAME=value.")
    env.read_env(StringIO("\n".join(lines)))


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


def one_of(name: str, words: tuple[str, ...]) -> str:
    """One of these words; the first where there is none."""
    text: str = env.str(name, "").strip().lower() or words[0]
    if text not in words:
        raise ImproperlyConfigured(f"{name}={text} is neither {' nor '.join(words)}.")
    return text


def is_hard_to_guess(token: str) -> bool:
    """Whether a token is long enough, and can stand in a header."""
    return (
        len(token) >= LEAST_TOKEN and token.isascii() and token.isprintable() and " " not in token
    )


def hosts(name: str, default: list[str]) -> list[str]:
    """Host names, separated by commas; the default where there are none.

    What Django would take for a pattern that fits nothing is refused, and `*`, which fits all.
    """
    given = _listed(name)
    if "*" in given:
        raise ImproperlyConfigured(
            f"{name}=* would let any page talk to this site in a visitor's name."
            " Name the hosts that browsers use, separated by commas."
        )
    for host in given:
        if not HOST.fullmatch(host):
            raise ImproperlyConfigured(
                f"{name}: {host} is no host name. Write albums.example.org, without scheme and"
                " port; .example.org stands for its subdomains, too."
            )
    return given or default


def origins(name: str, default: list[str]) -> list[str]:
    """Origins, separated by commas: scheme, host and port as browsers spell them."""
    given = _listed(name)
    for origin in given:
        if not ORIGIN.fullmatch(origin):
            raise ImproperlyConfigured(
                f"{name}: {origin} is no origin. Write https://albums.example.org, without a path."
            )
    return [origin.lower() for origin in given] or default


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there; an IPv6 address has no brackets."""
    return host in LOOPBACK or f"[{host}]" in LOOPBACK


def are_loopback(host_names: list[str], origins_: list[str]) -> bool:
    """Whether nobody else can mean this site by any of these."""
    named = {*host_names, *(urlsplit(origin).netloc.rpartition("@")[2] for origin in origins_)}
    return all(re.sub(r":[0-9]+$", "", name) in LOOPBACK for name in named)


def database(name: str, default: str) -> dict[str, Any]:
    """A database's URL, as Django wants it."""
    text = env.str(name, "") or default
    try:
        found: dict[str, Any] = env.db_url_config(text) if text.startswith(DATABASES) else {}
    except (environ.ImproperlyConfigured, ValueError, KeyError):
        found = {}
    # Where a password has a character that ends the part before, the rest of it is in the name.
    half_a_password = not text.startswith("sqlite") and "@" in found.get("NAME", "")
    if found.get("NAME") in (None, "", ":memory:") or half_a_password:
        raise ImproperlyConfigured(
            f"{name} is no URL of a database, such as postgresql://user:password@host/groovelog"
            f" or sqlite:////srv/groovelog.sqlite3. {ENCODE}"
        )
    return found


def address(name: str, schemes: tuple[str, ...]) -> str:
    """A URL with one of these schemes, or nothing."""
    text: str = env.str(name, "")
    wanted = tuple(f"{scheme}://" for scheme in schemes)
    if text and not (text.startswith(wanted) and _comes_apart(text)):
        raise ImproperlyConfigured(
            f"{name} is no URL that begins with {schemes[0]}:// and goes on with a host. {ENCODE}"
        )
    return text


def folder_of(path: Path, name: str) -> Path:
    """The folder of a file, made where there is none; `name` is the setting that decides."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}: the folder {path.parent} cannot be made: {_reason(error)}."
        ) from None
    return path.parent


def close_to_others(path: Path) -> None:
    """Take from other accounts what they may do with an SQLite database that was made before it was
    made for its owner alone. Its group keeps what it has where that is more than what everybody
    had: somebody gave it."""
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(OSError):  # it is not there, or another account's
            mode = stat.S_IMODE(file.stat().st_mode)
            others = mode & stat.S_IRWXO
            if others:
                of_all = others << 3 if mode & stat.S_IRWXG == others << 3 else 0
                file.chmod(mode - others - of_all)


def _listed(name: str) -> list[str]:
    return [part.strip() for part in env.str(name, "").split(",") if part.strip()]


def _comes_apart(url: str) -> bool:
    """Whether a URL comes apart as it should; a port that is no number is half a password."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "it is no UTF-8 text"
