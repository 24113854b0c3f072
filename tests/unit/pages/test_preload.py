"""Pages are compiled when a process starts, so that it shows those of its own release."""

import subprocess
import sys

from tests.commands import with_settings
from tests.demo import ROOT

PAGES_AFTER_THE_START = """
import asgi
from django.template.loader import get_template
from django.template.loaders.app_directories import Loader
from frontend.preload import TEMPLATES

def replaced(loader, origin):
    raise SystemExit(f"{origin} is read")

Loader.get_contents = replaced
for path in TEMPLATES.rglob("*.html"):
    print(get_template(path.relative_to(TEMPLATES).as_posix()).template.name)
"""


def test_no_page_is_read_from_its_file_after_the_start() -> None:
    started = subprocess.run(
        [sys.executable, "-c", PAGES_AFTER_THE_START],
        cwd=ROOT,
        env=with_settings({}),
        capture_output=True,
        text=True,
    )
    assert started.returncode == 0, started.stderr
    assert {"catalog.html", "error.html", "sync.html"} <= set(started.stdout.split())
