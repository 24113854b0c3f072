"""Static files are collected once, however many processes begin at the same time."""

import re
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


def test_modules_travel_without_the_comments_on_lines_of_their_own(own_root: Path) -> None:
    static_files.collect()
    for source in (ROOT / "frontend/static/js").glob("*.js"):
        [hashed] = [
            file
            for file in (own_root / "js").glob(f"{source.stem}.*.js")
            if file.stem != source.stem
        ]
        for served in ((own_root / "js" / source.name), hashed):
            lines = [unhashed(line) for line in served.read_text().splitlines()]
            assert lines == code(source.read_text().splitlines()), served.name


def unhashed(line: str) -> str:
    return re.sub(r'\b(from|import) ?"\./([\w-]+)\.[0-9a-f]{12}\.js"', r'\1 "./\2.js"', line)


def code(lines: list[str]) -> list[str]:
    """These lines without comments, told in another way than the product does."""
    kept, inside = [], False
    for line in lines:
        text = line.strip()
        inside = inside or text.startswith("/**")
        if not inside and not text.startswith("//"):
            kept.append(line)
        inside = inside and not text.endswith("*/")
    return kept
