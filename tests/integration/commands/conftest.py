"""What a command needs to find the test's database and the demo."""

from pathlib import Path

import pytest

from tests.commands import Environment
from tests.demo import Demo


@pytest.fixture
def environment(database: str, demo: Demo, tmp_path: Path) -> Environment:
    return demo.environment() | {
        "DATABASE_URL": database,
        "CHECKPOINT_FILE": str(tmp_path / "checkpoints.jsonl"),
    }
