"""`python -m tests.benchmarks [syncs] [browsers] [pages] [weather]`"""

import argparse
import os
import tempfile

from tests.backends import TEST_ENVIRONMENT
from tests.benchmarks.report import machine

CHOICES = ("syncs", "browsers", "pages", "weather")


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
    from tests.benchmarks import browsers, pages, syncs, weather

    print(f"On {machine()}. Repeat with: python -m tests.benchmarks {' '.join(which)}")
    for module in (syncs, browsers, pages, weather):
        if module.__name__.rpartition(".")[2] in which:
            module.measure()


main()
