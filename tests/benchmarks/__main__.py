"""`python -m tests.benchmarks [NAME ...]`: measure the suite, or these sections of it, and write
`BENCHMARKS.md`. The names in `STUDIES` are others, which are only printed."""

import argparse
import atexit
import os
import shutil
import tempfile
from importlib import import_module
from pathlib import Path
from types import ModuleType

from tests.backends import TEST_ENVIRONMENT, start_postgresql
from tests.benchmarks import table
from tests.benchmarks.report import machine
from tests.benchmarks.suite import STUDIES, SUITE


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    names = [*SUITE, *STUDIES]
    told = f"any of {', '.join(names)}; by default those of the suite, up to {[*SUITE][-1]}"
    parser.add_argument("which", nargs="*", choices=[[], *names], metavar="NAME", help=told)
    parser.add_argument("--postgresql", action="store_true", help="studies: instead of SQLite")
    parser.add_argument(
        "--reasons", action="store_true", help="only write anew why goals were missed"
    )
    arguments = parser.parse_args()
    if arguments.reasons:
        table.FILE.write_text(table.explained(table.FILE.read_text()))
        return
    which = arguments.which or [*SUITE]
    if arguments.postgresql and not set(which) <= set(STUDIES):
        parser.error("--postgresql is for studies: the suite says by itself what it runs on")
    folder = tempfile.mkdtemp(prefix="groovelog-benchmarks-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the servers have ended
    Path(folder).chmod(0o755)  # PostgreSQL runs as an account of its own and must get through
    tempfile.tempdir = folder  # of whatever anybody makes from now on
    os.environ |= TEST_ENVIRONMENT | {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATABASE_URL": f"sqlite:///{folder}/default.sqlite3",
        "CHECKPOINT_FILE": f"{folder}/checkpoints.jsonl",
    }
    if arguments.postgresql:
        os.environ["DATABASE_URL"] = start_postgresql(Path(folder) / "postgresql")
    import django

    django.setup()
    import_module("project.static_files").collect()  # which pages name
    repeat = " ".join([*which, *(["--postgresql"] if arguments.postgresql else [])])
    print(f"On {machine()}. Repeat with: python -m tests.benchmarks {repeat}")
    load = os.getloadavg()[0]
    for name in names:
        if name in which:
            _measure(name, import_module(f"tests.benchmarks.{name}"), load)


def _measure(name: str, module: ModuleType, load: float) -> None:
    commit = table.commit()
    found = module.measure()
    if name in SUITE:
        text = table.markdown(name, SUITE[name], found, commit, load)
        print(f"\n{text}", flush=True)
        table.put(text, [*SUITE.values()])


main()
