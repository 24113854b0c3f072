"""The direction of imports, as pyproject.toml draws it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = {"albums", "syncengine", "frontend", "django", "channels"}


def imported(path: Path) -> Iterator[str]:
    """The top-level names of what a file imports by its full name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def test_imports_point_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_the_demo_imports_nothing_of_the_product() -> None:
    for path in (ROOT / "project" / "demo").glob("*.py"):
        assert not PRODUCT & set(imported(path)), path
