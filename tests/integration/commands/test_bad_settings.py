"""Settings that would be unsafe stop every command at its start, in words and with the way out."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.backends import free_port
from tests.commands import LIMIT_S, Done, Environment, with_settings
from tests.demo import ROOT

POSTGRESQL = "postgresql://ann:hunter2@127.0.0.1:9/groovelog"
COMMANDS = {
    "serve": ("manage.py", "serve", "--port", "{port}"),
    "daphne": ("-m", "daphne", "-p", "{port}", "asgi:application"),
    "worker": ("manage.py", "runworker", "sync"),
    "migrate": ("manage.py", "migrate"),
    "sync": ("manage.py", "sync"),
    "check": ("manage.py", "check"),
}
UNSAFE: dict[str, tuple[Environment, str]] = {
    "every host": ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS=* would let any page talk"),
    "debug for others": (
        {"DEBUG": "1", "ALLOWED_HOSTS": "albums.example,localhost"},
        "DEBUG shows paths and source code to everybody, so it works on loopback only",
    ),
    "debug behind a proxy": (
        {"DEBUG": "1", "CSRF_TRUSTED_ORIGINS": "https://albums.example"},
        "works on loopback only",
    ),
    "a server without a key": (
        {"DATABASE_URL": POSTGRESQL, "SECRET_KEY": ""},
        "SECRET_KEY is required with a database server",
    ),
    "a token to guess": ({"METRICS_TOKEN": "hunter2"}, "METRICS_TOKEN could be guessed"),
    "metrics for everybody": (
        {"METRICS_HOST": "0.0.0.0", "METRICS_PORT": "9"},
        "METRICS_HOST=0.0.0.0 would show the metrics of workers to everybody",
    ),
}


def run(environment: Environment, command: str) -> Done:
    port = str(free_port())
    return subprocess.run(
        [sys.executable, *(part.format(port=port) for part in COMMANDS[command])],
        cwd=ROOT,
        env=with_settings(environment),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


def is_refused(done: Done, words: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert words in said
    assert "Groovelog cannot start: " in said
    assert "Traceback" not in said
    assert "hunter2" not in said


@pytest.mark.parametrize("why", UNSAFE)
def test_no_command_starts(why: str) -> None:
    environment, words = UNSAFE[why]
    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(lambda command: run(environment, command), COMMANDS):
            is_refused(done, words)


def test_debug_is_no_more_for_others_where_serve_listens_to_them() -> None:
    command = [sys.executable, "manage.py", "serve", "--host", "0.0.0.0"]
    done = subprocess.run(
        [*command, "--port", str(free_port())],
        cwd=ROOT,
        env=with_settings({"DEBUG": "1", "ALLOWED_HOSTS": "localhost"}),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 1
    assert "DEBUG" in done.stderr and "leave out --host" in done.stderr
    assert "Traceback" not in done.stderr


def test_safe_settings_are_no_reason_to_refuse(tmp_path: Path) -> None:
    for environment in (
        {"DEBUG": "1", "ALLOWED_HOSTS": "localhost,127.0.0.1"},
        {"ALLOWED_HOSTS": "albums.example", "CSRF_TRUSTED_ORIGINS": "https://albums.example"},
        {"DATABASE_URL": POSTGRESQL, "SECRET_KEY": "k" * 60},
        {"DATABASE_URL": f"sqlite:///{tmp_path}/new/g.sqlite3", "SECRET_KEY": ""},
    ):
        done = run(environment, "check")
        assert done.returncode == 0, done.stderr


def test_processes_that_share_a_database_file_share_the_key_that_was_made_up(
    tmp_path: Path,
) -> None:
    """However many there are, from whatever folder they run, with a channel layer or without."""
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/g.sqlite3", "SECRET_KEY": ""}
    show = "from project import settings; print(settings.SECRET_KEY)"

    def key(redis_url: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", show],
            cwd=tmp_path,
            env=with_settings(environment | {"REDIS_URL": redis_url, "PYTHONPATH": str(ROOT)}),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        return done.stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(key, ["", "", "redis://127.0.0.1:9", "redis://127.0.0.1:9"]))
    assert keys == {(tmp_path / "secret_key").read_text()}


@pytest.mark.parametrize("what", ["the key", "the folder"])
def test_a_key_that_cannot_be_shared_is_a_reason_to_refuse(tmp_path: Path, what: str) -> None:
    (tmp_path / "secret_key").mkdir()  # nobody can read that, the superuser neither
    folder = tmp_path if what == "the key" else Path("/proc/groovelog")
    environment = {"DATABASE_URL": f"sqlite:///{folder}/g.sqlite3", "SECRET_KEY": ""}
    words = "every process needs the same key" if what == "the key" else "cannot be made"
    for command in ("daphne", "worker"):
        is_refused(run(environment, command), words)
