"""Databases for benchmarks."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import Databases

_made: list[Databases] = []


@contextmanager
def fresh_database() -> Iterator[str]:
    """An empty, migrated database until the block ends; yields its URL."""
    with databases().fresh() as url:
        yield url


def databases() -> Databases:
    """Where copies of databases come from."""
    if not _made:
        _made.append(Databases(Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))))
    return _made[0]
