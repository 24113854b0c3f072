"""An empty setting has the default that the README tells, as one that nobody wrote has."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.backends import TEST_ENVIRONMENT
from tests.unit.docs.test_readme import ROOT, names_read, section

SHOW = """
import json
from project import settings
print(json.dumps({name: getattr(settings, name, None) for name in NAMES}))
"""


def defaults_told() -> dict[str, str]:
    """By name, of the settings whose default is a value."""
    lines = [line.split("|") for line in section("Settings").splitlines() if line[:3] == "| `"]
    told: dict[str, str] = {}
    for _, names, default, *_ in lines:
        written = re.findall(r"`([^`]+)`", default.partition("(")[0])
        for name, value in zip(re.findall(r"`(\w+)`", names)[::-1], written[::-1], strict=False):
            told[name] = value
    for name in ("DATABASE_URL", "CHECKPOINT_FILE", "CHECKPOINT_WEBHOOK_SECRET"):
        del told[name]  # theirs are made of something else
    return told


def as_text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(int(value)) if isinstance(value, bool) else str(value)


def test_an_empty_setting_is_none(tmp_path: Path) -> None:
    told = defaults_told()
    assert {"METRICS_HOST", "GOOGLE_SHEETS_ORIGIN", "SPOTIFY_MAX_AGE", "HTTPS"} <= told.keys()
    empty = dict.fromkeys(names_read(), "")
    environment = {**os.environ, **empty, "DATABASE_URL": f"sqlite:///{tmp_path / 'd.sqlite3'}"}
    script = SHOW.replace("NAMES", repr(list(told)))
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert {name: as_text(value) for name, value in json.loads(done.stdout).items()} == told


def test_no_setting_of_whoever_runs_the_tests_reaches_them() -> None:
    of_each_run = {"DATABASE_URL", "CHECKPOINT_FILE"}
    assert names_read() - TEST_ENVIRONMENT.keys() == of_each_run
