"""The demo as a process: its arguments, its port, its end, and how the product starts it."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from project.demo import launch

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 15.0  # seconds
LAUNCHER = """
import json, os, sys
from project.demo import launch
before = dict(os.environ)
launch.prepare_environment(sys.argv)
launch.prepare_environment(sys.argv)  # once more changes nothing
print(json.dumps({k: v for k, v in os.environ.items() if before.get(k) != v}), flush=True)
sys.stdin.read()
"""


def free_port(neighbours: int = 1) -> int:
    """Return a port that is free, as are the ones after it."""
    while True:
        sockets = [socket.socket() for _ in range(neighbours)]
        try:
            sockets[0].bind(("127.0.0.1", 0))
            port: int = sockets[0].getsockname()[1]
            for further, one in enumerate(sockets[1:], 1):
                one.bind(("127.0.0.1", port + further))
            return port
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()


def get(port: int, path: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        body: bytes = answer.read()
    return body


def answers(port: int) -> bool:
    try:
        return bool(json.loads(get(port, "/healthz"))["ok"])
    except OSError:
        return False


def wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


@contextmanager
def running(*command: str, **options: Any) -> Iterator["subprocess.Popen[str]"]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, text=True, **{**pipes, **options}
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def demo_process(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    with running("-m", "project.demo", "--port", "0", *arguments) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield process, int(line.rstrip("/\n").rsplit(":", 1)[1])


def test_it_tells_where_it_is_and_listens_on_loopback_only() -> None:
    with demo_process() as (process, port):
        assert json.loads(get(port, "/healthz")) == {"ok": True, "pid": process.pid}
        outside = socket.gethostbyname(socket.gethostname())
        if not outside.startswith("127."):
            with pytest.raises(OSError, match="refused"):
                socket.create_connection((outside, port), timeout=2)


def test_arguments_set_the_switches_and_the_albums() -> None:
    switches = ("--speed=0", "--latency-ms=120", "--window=90:30")
    with demo_process(*switches, "--albums=250", "--with-ids", "--seed=3") as (_, port):
        state = json.loads(get(port, "/behaviour"))
        assert (state["speed"], state["latency_ms"], state["window"]) == (0, 120, "90:30")
        sheet = json.loads(get(port, "/library"))["sheet_id"]
        text = get(port, f"/spreadsheets/d/{sheet}/export?format=csv").decode()
        table = list(csv.reader(text.splitlines()))
        assert len(table) == 251
        assert all(len(row[5]) == 22 for row in table[1:])


@pytest.mark.parametrize("wrong", ["--window=90", "--speed=fast", "--albums=-1", "--port=70000"])
def test_wrong_arguments_are_explained(wrong: str) -> None:
    with running("-m", "project.demo", wrong) as process:
        assert "error: " in process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 2


def test_it_leaves_when_its_standard_input_ends() -> None:
    with demo_process("--exit-with-parent") as (process, port):
        assert answers(port)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
        process.stdin = None


def test_it_leaves_it_to_its_parent_to_hear_an_interrupt() -> None:
    with demo_process("--exit-with-parent") as (process, port):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        assert answers(port)


def test_it_does_not_mind_a_closed_standard_input_otherwise() -> None:
    with demo_process() as (process, port):
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
        time.sleep(0.3)
        assert answers(port)


def launcher(port: int) -> Any:
    return running("-c", LAUNCHER, "serve", "--demo", "--port", str(port))


def test_the_product_finds_the_demo_one_port_further() -> None:
    port = free_port(2)
    origin = f"http://127.0.0.1:{port + 1}"
    with launcher(port) as process:
        settings = json.loads(process.stdout.readline())
        assert answers(port + 1)
    sheet = settings.pop("GOOGLE_SHEETS_URL")
    assert sheet.startswith(f"{origin}/spreadsheets/d/")
    assert sheet.endswith("/edit?usp=sharing")
    assert settings == {
        "GOOGLE_SHEETS_ORIGIN": origin,
        "SPOTIFY_API_URL": f"{origin}/v1",
        "SPOTIFY_TOKEN_URL": f"{origin}/api/token",
        "SPOTIFY_CLIENT_ID": "demo-client",
        "SPOTIFY_CLIENT_SECRET": "demo-secret",
        "SPOTIFY_IMAGE_ORIGINS": origin,
        "DATABASE_URL": f"sqlite:///{ROOT}/var/demo-{port + 1}.sqlite3",
        "DEMO_URL": f"{origin}/",
    }
    assert (ROOT / "var").is_dir()


def test_even_a_killed_product_leaves_no_demo_behind_and_can_start_again() -> None:
    port = free_port(2)
    for _ in range(2):
        with launcher(port) as process:
            assert process.stdout.readline()
            assert answers(port + 1)
            os.kill(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)
    assert wait_until(lambda: not answers(port + 1))


def test_a_taken_port_is_named_with_what_to_do() -> None:
    port = free_port(2)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + 1))
        other.listen()
        with launcher(port) as process:
            complaint = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1
    assert f"port {port + 1}" in complaint
    assert "--port N" in complaint


@pytest.mark.parametrize(
    ("argv", "port"),
    [
        (["manage.py", "serve", "--demo"], 8000),
        (["manage.py", "serve", "--demo", "--port", "9000"], 9000),
        (["manage.py", "serve", "--port=9001", "--demo"], 9001),
    ],
)
def test_the_port_is_read_and_left_in_place(argv: list[str], port: int) -> None:
    before = list(argv)
    assert launch.product_port(argv) == port
    assert argv == before


@pytest.mark.parametrize("wrong", ["65535", "0", "http", ""])
def test_a_port_that_leaves_no_room_for_the_demo_is_refused(wrong: str) -> None:
    with pytest.raises(SystemExit, match="1 to 65534"):
        launch.product_port(["manage.py", "serve", "--demo", "--port", wrong])
