"""`python -m tests.benchmarks [NAME ...]`, where a name is one of `CHOICES`."""

import argparse
import os
import tempfile
from importlib import import_module

from tests.backends import TEST_ENVIRONMENT
from tests.benchmarks.report import machine

CHOICES = ("syncs", "browsers", "sockets", "pages", "history", "resume", "weather")  # a module each


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("which", nargs="*", help=f"any of {', '.join(CHOICES)}; all by default")
    which = parser.parse_args().which or CHOICES
    folder = tempfile.mkdtemp(prefix="groovelog-benchmarks-")
    os.environ |= TEST_ENVIRONMENT | {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATABASE_URL": f"sqlite:///{folder}/default.sqlite3",
        "CHECKPOINT_FILE": f"{folder}/checkpoints.jsonl",
    }
    import django

    django.setup()
    print(f"On {machine()}. Repeat with: python -m tests.benchmarks {' '.join(which)}")
    for name in CHOICES:
        if name in which:
            import_module(f"tests.benchmarks.{name}").measure()


main()
