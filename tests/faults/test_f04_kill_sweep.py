"""F4: `kill -9` at the N-th failpoint, for every N of a sync of 20 albums; then another worker.

CI takes eight points of each database, of every kind and from the first step to the last;
`--all-faults` all of them.
"""

import statistics
from pathlib import Path

import pytest
from django.db import connection

from tests.databases import Databases
from tests.demo import Demo
from tests.faults.sweep import Point, Sweep, points, prepared, sweep

FEW = [
    Point("before-append", 1),  # the claim
    Point("sheet-answer", 1),
    Point("before-append", 3),  # the sheet, in the middle of being accepted
    Point("spotify-answer", 9),
    Point("before-commit", 10),
    Point("after-commit", 19),
    Point("ring", 7),
    Point("checkpoint", 2),  # after the end
]


def test_a_sync_that_is_killed_at_eight_points_always_ends_right(
    databases: Databases, demo: Demo, tmp_path: Path
) -> None:
    with prepared(databases, demo) as like:
        report(sweep(databases, demo, tmp_path, like, FEW), len(FEW))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_sync_that_is_killed_at_any_point_always_ends_right(
    databases: Databases, demo: Demo, tmp_path: Path
) -> None:
    with prepared(databases, demo) as like:
        wanted = points(databases, demo, tmp_path, like)
        report(sweep(databases, demo, tmp_path, like, wanted), len(wanted))


def report(swept: Sweep, wanted: int) -> None:
    # Two changes may share a ring, and which ones depends on the moment; nothing else may.
    assert all(point.name == "ring" for point in swept.passed_by), swept.passed_by
    assert len(swept.tried) == wanted
    print(
        f"Kill sweep on {connection.vendor}: {len(swept.tried)} of {wanted}"
        f" ({len(swept.passed_by)} rings were shared); stood still"
        f" {statistics.median(swept.stood_still_s):.1f} s in the median,"
        f" {max(swept.stood_still_s):.1f} s at worst, a worker's start included"
    )
