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
    if not _made:
        _made.append(Databases(Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))))
    with _made[0].fresh() as url:
        yield url
