"""`bin/cluster`: "many machines" on this one, with the demo, until Control-C."""

import atexit
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import django

from tests.backends import TEST_ENVIRONMENT, start_postgresql, start_redis
from tests.demo import start_demo


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: sys.exit())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to replace
    folder = Path(tempfile.mkdtemp(prefix="groovelog-cluster-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the servers have ended
    folder.chmod(0o755)  # PostgreSQL runs as an account of its own and must get through
    os.environ |= TEST_ENVIRONMENT | {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATABASE_URL": start_postgresql(folder / "postgresql"),
        "REDIS_URL": start_redis(folder),
        "SPOTIFY_CALLS_PER_30S": "90",
    }
    django.setup()
    from project import demo_accounts
    from tests.cluster import nginx
    from tests.cluster.cluster import running

    if nginx.program() is None:
        sys.exit(f"nginx is missing. Install it: {nginx.INSTALL}")
    with start_demo() as demo, running(folder, demo.environment()) as cluster:
        password, names = demo_accounts.ensure(folder)
        print(f"\nGroovelog runs at {cluster.nginx.origin}/")
        print("Browsers warn of its certificate, since nobody but this command signed it.")
        print(f"Sign in as {', '.join(names)}; the password is {password}")
        print(f"What Google and Spotify do is decided at {demo.origin}")
        print(f"What the processes say is in {folder}")
        print(f"Replace them one after the other: kill -HUP {os.getpid()}")
        _wait(cluster)


def _wait(cluster: Any) -> None:
    """Until told to stop; a hang-up replaces every process."""
    told: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: told.put(number))
    print("Stop everything with Control-C.", flush=True)
    while told.get() == signal.SIGHUP:
        for process in cluster.roll():
            print(f"Replaced: {' '.join(process.command)}", flush=True)


main()
