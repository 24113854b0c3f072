"""`manage.py` in a process of its own, as people and schedulers call it."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tests.demo import ROOT

LIMIT_S = 90.0
STOP_LIMIT_S = 20.0

Environment = dict[str, str]
Done = subprocess.CompletedProcess[str]


def with_settings(environment: Environment) -> Environment:
    """What a process is started with: this one's environment, with other settings."""
    return {**os.environ, **environment}


def manage(environment: Environment, *arguments: str) -> Done:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=with_settings(environment),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


@contextmanager
def managing(environment: Environment, *arguments: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a command until the block ends, or until it does."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=with_settings(environment),
            stdout=output,
            stderr=output,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(STOP_LIMIT_S)
