"""Static files are collected once, however many processes begin at the same time."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings

from project import static_files
from tests.demo import ROOT

COLLECT = """
import sys, django
django.setup()
from django.conf import settings
from project import static_files
settings.STATIC_ROOT = sys.argv[1]
static_files.collect()
"""


@pytest.fixture(autouse=True)
def own_root(settings: LazySettings, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = str(tmp_path / "static")
    return tmp_path / "static"


def state(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def test_four_processes_at_once_leave_whole_files(own_root: Path) -> None:
    command = [sys.executable, "-c", COLLECT, str(own_root)]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(4)]
    assert [process.wait(timeout=120) for process in processes] == [0] * 4
    assert (own_root / "staticfiles.json").exists()
    collected = state(own_root)
    static_files.collect()
    assert state(own_root) == collected, "collected again for nothing"


def test_what_has_changed_is_collected_anew(own_root: Path) -> None:
    static_files.collect()
    (own_root / static_files.COLLECTED).write_text("of an older release")
    (own_root / "staticfiles.json").unlink()
    static_files.collect()
    assert (own_root / "staticfiles.json").exists()
