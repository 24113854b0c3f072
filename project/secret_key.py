"""The secret key of an installation on SQLite: made up once and kept beside the database, so that
whatever process opens the database has the same one."""

import os
import secrets
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

LEAST_CHARS = 50  # as `check --deploy` wants it
HOW = (
    "Set SECRET_KEY to the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
)


def kept_secret_key(path: Path) -> str:
    """The key in `path`, made up and written (readable by its owner only) if there is none.

    Processes that start together agree: the file is linked into place whole, by one of them.
    """
    try:
        if not path.exists():
            _write(path)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it holds no key"
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set, and {path}, where one is kept, cannot be used: {why}. Let this"
            f" process read and write it, since every process needs the same key. Or: {HOW}"
        ) from None
    if len(key) < LEAST_CHARS:
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set, and {path}, where one is kept, holds none that is long enough."
            f" Delete that file, and everybody signs in anew. Or: {HOW}"
        )
    return key


def _write(path: Path) -> None:
    # Not named after this process: in containers every one has the same number.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(LEAST_CHARS))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
