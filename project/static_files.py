"""Static files under names that carry the hash of their content, imports in modules included."""

import hashlib
import re
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files import locks
from django.core.files.base import ContentFile
from django.core.management import call_command

COLLECTED = "collected"  # in STATIC_ROOT: the digest of what was collected there
OWN_MODULES = "js/"
COMMENTS = re.compile(rb"^[ \t]*(?:/\*\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)


class HashedModulesStorage(ManifestStaticFilesStorage):
    """Django leaves the imports inside ES modules alone unless told otherwise, and a page would
    then load half of a new release from the browser's cache."""

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: Any) -> str:
        """Comments that have lines of their own stay at home: they are a fifth of what a browser
        would load."""
        if name.startswith(OWN_MODULES) and name.endswith(".js"):
            content = ContentFile(COMMENTS.sub(b"", b"".join(content.chunks())))
        saved: str = super()._save(name, content)  # type: ignore[misc]
        return saved


def collect() -> None:
    """Bring STATIC_ROOT up to date: one process at a time, and only where something has changed,
    since `collectstatic` takes files away for a moment that another process may be serving."""
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with (root / COLLECTED).open("a+") as collected:
        locks.lock(collected, locks.LOCK_EX)
        collected.seek(0)
        wanted = _digest()
        if collected.read() != wanted:
            call_command("collectstatic", interactive=False, verbosity=0)
            collected.truncate(0)
            collected.write(wanted)


def _digest() -> str:
    """SHA-256, in hex, of everything that there is to collect, and of who collects it."""
    digest = hashlib.sha256(django.get_version().encode())
    digest.update(Path(__file__).read_bytes())
    for finder in get_finders():
        for name, storage in finder.list([]):
            digest.update(name.encode())
            with storage.open(name) as file:
                digest.update(file.read())
    return digest.hexdigest()
