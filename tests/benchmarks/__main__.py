"""`python -m tests.benchmarks [--postgresql] [NAME ...]`, where a name is one of `CHOICES`."""

import argparse
import atexit
import os
import shutil
import tempfile
from importlib import import_module
from pathlib import Path

from tests.backends import TEST_ENVIRONMENT, start_postgresql
from tests.benchmarks.report import machine

CHOICES = (  # a module each
    "syncs",
    "browsers",
    "sockets",
    "pages",
    "auditor",
    "replays",
    "resume",
    "weather",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("which", nargs="*", help=f"any of {', '.join(CHOICES)}; all by default")
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    arguments = parser.parse_args()
    which = arguments.which or CHOICES
    folder = tempfile.mkdtemp(prefix="groovelog-benchmarks-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the servers have ended
    os.environ |= TEST_ENVIRONMENT | {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATABASE_URL": f"sqlite:///{folder}/default.sqlite3",
        "CHECKPOINT_FILE": f"{folder}/checkpoints.jsonl",
    }
    if arguments.postgresql:
        Path(folder).chmod(0o755)  # PostgreSQL runs as an account of its own and must get through
        os.environ["DATABASE_URL"] = start_postgresql(Path(folder) / "postgresql")
    import django

    django.setup()
    import_module("project.static_files").collect()  # which pages name
    repeat = " ".join([*which, *(["--postgresql"] if arguments.postgresql else [])])
    print(f"On {machine()}. Repeat with: python -m tests.benchmarks {repeat}")
    for name in CHOICES:
        if name in which:
            import_module(f"tests.benchmarks.{name}").measure()


main()
