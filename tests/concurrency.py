"""Several threads or processes that do the same thing at once."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

from django.db import connections

ROOT = Path(__file__).resolve().parent.parent
PREAMBLE = """
import sys
import django
django.setup()
from syncengine import log, operations
from tests.histories import audit
print("ready", flush=True)
sys.stdin.readline()
"""


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """Begin every action in a thread of its own at the same moment; what each returned, or the
    exception that it raised."""
    together = Barrier(len(actions))

    def act(action: Callable[[], Any]) -> Any:
        try:
            together.wait()
            return action()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(act, actions))


def in_processes(database: str, script: str, count: int) -> list[str]:
    """Run `script` in so many processes that begin together; what each printed."""
    environment = os.environ | {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "PYTHONPATH": str(ROOT),
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + script],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        printed = [process.communicate(timeout=120)[0] for process in processes]
        assert [process.returncode for process in processes] == [0] * count
        return printed
    finally:
        for process in processes:
            process.kill()
            process.wait()
