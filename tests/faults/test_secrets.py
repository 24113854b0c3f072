"""Secrets stay where they are: in no log of a process, page, answer, frame, event or row, however
much goes wrong. The secret of Spotify's app and its tokens are looked for after every fault (I8);
here also those of the installation itself, each one a word that stands nowhere else."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError

import pytest
from django.db import connection

from syncengine import log
from tests.accounts import PASSWORD
from tests.backends import free_port, wait_for_port
from tests.commands import manage
from tests.faults import invariants
from tests.faults.outages import ask, login_form
from tests.faults.world import FailingWorker, World
from tests.routes import addresses
from tests.server import Web
from tests.sheets import BLUE, BLUE_ID, DUMMY, UNKNOWN
from tests.syncing import current_operation, eventually

KEY = "canary-key-" + "k" * 50
DATABASE, REDIS = "canary-of-the-database", "canary-of-redis"
TOKEN = "canary-of-prometheus"
COMMANDS = (("migrate",), ("sync",), ("runworker", "sync"))


class Watch:
    """Collects what is written anywhere, and knows what must not be in it."""

    def __init__(self, *secrets: str) -> None:
        self.secrets = [KEY, DATABASE, REDIS, TOKEN, PASSWORD, *secrets]
        self._seen: list[tuple[str, str]] = []

    def see(self, place: str, text: object) -> None:
        self._seen.append((place, str(text)))

    def check(self) -> None:
        assert self._seen
        for place, text in self._seen:
            for secret in self.secrets:
                assert secret not in text, f"{place} holds {secret}: {text}"
            assert not invariants.SECRETS.search(text), place


@contextmanager
def redis_with_a_password(folder: Path) -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(
        [*command, "--requirepass", REDIS, "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    wait_for_port(port, process)
    try:
        yield f"redis://:{REDIS}@127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


def with_password(database: str) -> str:
    """The URL of the test's database with a password, which the server does not ask for."""
    if connection.vendor == "sqlite":
        return database
    return database.replace("postgres:@", f"postgres:{DATABASE}@")


def visit(watch: Watch, web: Web, who: str) -> None:
    """Every address but the admin's, as a person and as a program."""
    operation = current_operation()
    known = {"operation_id": operation["id"], "album_id": operation["id"]}
    paths = addresses(**known, object_id=1, id=1, content_type_id=1)
    for path in [path for path in paths if not path.startswith("/admin/")]:
        for kind in ("html", "json"):
            answer = ask(web, path, who, kind=kind)
            cookies = answer.headers.get_all("Set-Cookie") or []
            assert all("sessionid" not in cookie for cookie in cookies), path
            watch.see(path, f"{answer.body}{answer.headers.items()}")


def test_no_secret_leaves_by_any_door(world: World, tmp_path: Path) -> None:
    watch = Watch()
    world.demo.sheet(BLUE, DUMMY, UNKNOWN)
    with redis_with_a_password(tmp_path) as redis:
        world.environment |= {
            "SECRET_KEY": KEY,
            "METRICS_TOKEN": TOKEN,
            "REDIS_URL": redis,
            "DATABASE_URL": with_password(world.environment["DATABASE_URL"]),
        }
        web, debugging, worker = (
            world.web(),
            world.web(DEBUG="1", ALLOWED_HOSTS="127.0.0.1"),
            world.worker(),
        )
        sessions = {
            cookie.split("=")[1]
            for server in (web, debugging)
            for who in ("auditor", "admin")
            for cookie in server.login(who)["Cookie"].split("; ")
            if cookie.startswith("sessionid=")
        }
        assert len(sessions) == 4
        watch.secrets += sessions
        socket = world.socket(web, "admin")
        socket.next("snapshot")
        for wrong in (
            {"failing_albums": [BLUE_ID]},
            {"expire_tokens": True},
            {"credentials_refused": True, "expire_tokens": True},
            {"network_lost": "spotify"},
        ):
            world.demo.behave(reset=True)
            world.demo.sheet(BLUE, DUMMY, UNKNOWN)
            world.demo.behave(**wrong)
            web.post("/syncs/", "admin")
            eventually(lambda: current_operation()["finished_at"])
        socket.follow_to(log.head().position)
        watch.see("frames", [event.as_json() for event in socket.view.events])
        for server, who in ((web, "admin"), (web, ""), (debugging, "admin")):
            visit(watch, server, who)
        worker.stop()
        fault_of_ours(watch, world, web)
        worker.start()
        for command in ("verifylog", "rebuild"):
            done = manage(world.environment, command)
            assert done.returncode == 0
            watch.see(command, done.stdout + done.stderr)
    # Now without Redis.
    for server in (web, debugging):
        watch.see("readiness", server.get("/readyz"))
    eventually(lambda: "the channel layer" in worker.output)
    for process in world.processes:
        watch.see("a log", process.output)
    for place, text in invariants.everything_written(world):
        if place not in ("Session", "LogEntry"):  # the session itself, whose key is its name
            watch.see(place, text)
    watch.see("checkpoints", world.checkpoint_file.read_text())
    watch.check()


def fault_of_ours(watch: Watch, world: World, web: Web) -> None:
    """A sync that ends by an error nobody foresaw, whose traceback is in the worker's log."""
    world.demo.behave(reset=True)
    log = world.folder / "failing.log"
    failing = FailingWorker(log, world.environment, "spotify-answer:2:raise")
    failing.start()
    try:
        web.post("/syncs/", "admin")
        eventually(lambda: current_operation()["finished_at"])
    finally:
        failing.stop()
    assert "Traceback" in failing.output
    watch.see("a traceback", failing.output)


@pytest.fixture
def out_of_reach() -> dict[str, str]:
    """Settings whose servers are not there."""
    return {
        "SECRET_KEY": KEY,
        "DATABASE_URL": f"postgresql://ann:{DATABASE}@127.0.0.1:9/groovelog",
        "REDIS_URL": f"redis://:{REDIS}@127.0.0.1:9/0",
        "SPOTIFY_CLIENT_ID": "demo-client",
        "SPOTIFY_CLIENT_SECRET": "demo-secret",
    }


class Unready(Web):
    """A web server that is up as soon as it answers, without a database."""

    def _is_ready(self, said: int) -> bool:
        with suppress(HTTPError), suppress(OSError):
            return bool(self.get("/healthz"))
        return False


@pytest.mark.parametrize("debug", ["0", "1"])
def test_servers_out_of_reach_are_told_of_without_their_passwords(
    out_of_reach: dict[str, str], tmp_path: Path, debug: str
) -> None:
    session = "canary0session0key0canary0session"
    watch = Watch(session)
    web = Unready(
        tmp_path / "web.log", out_of_reach | {"DEBUG": debug, "ALLOWED_HOSTS": "127.0.0.1"}
    )
    web.start()
    try:
        web._cookies["ann"] = f"sessionid={session}; csrftoken={'t' * 32}"
        for path in ("/", "/syncs/", "/admin/", "/accounts/login/", "/api/status", "/readyz"):
            for kind in ("html", "json", "plain"):
                answer = ask(web, path, "ann", kind=kind)
                assert answer.status in (200, 500, 503)
                watch.see(path, f"{answer.body}{answer.headers.items()}")
        answer = ask(web, "/accounts/login/", "ann", login_form("ann"))
        watch.see("signing in", answer.body)
        assert ("Traceback" in answer.body) is (debug == "1")
    finally:
        web.stop()
    watch.see("the log", web.output)
    watch.check()


def test_commands_tell_of_servers_out_of_reach_without_their_passwords(
    out_of_reach: dict[str, str],
) -> None:
    watch = Watch()
    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(lambda command: manage(out_of_reach, *command), COMMANDS):
            said = done.stdout + done.stderr
            assert done.returncode == 1
            assert "The database does not answer" in said
            assert "Traceback" not in said
            watch.see("a command", said)
    watch.check()
