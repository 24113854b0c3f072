"""A setting that is wrong stops the start, names itself and says what to write."""

import os
import subprocess
import sys

import pytest

from tests.demo import ROOT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SPOTIFY_CALLS_PER_30S", "abc"),
        ("SPOTIFY_CALLS_PER_30S", "0"),
        ("SPOTIFY_MAX_AGE", "-1"),
        ("SPOTIFY_DAILY_BUDGET", "-1"),
        ("SPOTIFY_DAILY_BUDGET", "many"),
        ("SPOTIFY_DAILY_BUDGET", "1.5"),
        ("HTTPS", "enabled"),
        ("DEBUG", "perhaps"),
        ("DATABASE_URL", "nonsense"),
        ("REDIS_URL", "garbage"),
        ("ALLOWED_HOSTS", "*"),
    ],
)
def test_it_is_refused_without_a_traceback(name: str, value: str) -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert name in run.stderr
    assert "Traceback" not in run.stderr


def test_debug_pages_are_for_this_machine_only() -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "serve", "--host", "0.0.0.0", "--port", "8999"],
        cwd=ROOT,
        env={**os.environ, "DEBUG": "1", "ALLOWED_HOSTS": "localhost"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "DEBUG" in run.stderr and "Traceback" not in run.stderr
