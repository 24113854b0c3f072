"""Starts the demo beside `manage.py serve --demo` and points the settings to it.

Called before Django's settings are read. The demo has the port after the product's, always, so
that the addresses of covers in the database stay valid from one run to the next.
"""

import atexit
import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from .__main__ import HOST, PORT_TAKEN
from .sheet import SHEET_ID
from .spotify import CLIENT_ID, CLIENT_SECRET

ROOT = Path(__file__).resolve().parent.parent.parent
DEFAULT_PORT = 8000
PATIENCE = 15.0  # seconds until the demo must answer
LOOK_AGAIN = 0.05  # seconds between two looks
ANSWER_LIMIT = 1.0  # seconds for one look

_child: "subprocess.Popen[bytes] | None" = None


def prepare_environment(argv: list[str]) -> None:
    """Start the demo on the port after the one in argv, and set os.environ to it.

    `argv` is the command line of `manage.py serve --demo [--port N | --port=N]` (default 8000),
    and is left as it is. Returns when the demo answers; exits with code 1, having said why and
    what to do, when it cannot be started.
    """
    port = product_port(argv)
    start(port + 1)
    os.environ.update(environment(port + 1))
    (ROOT / "var").mkdir(exist_ok=True)


def product_port(argv: list[str]) -> int:
    """Return the value of --port; leaves it to the serve command to explain a wrong one."""
    given = str(DEFAULT_PORT)
    for place, argument in enumerate(argv):
        if argument.startswith("--port="):
            given = argument.removeprefix("--port=")
        elif argument == "--port" and place + 1 < len(argv):
            given = argv[place + 1]
    if not given.isdecimal() or not 0 < int(given) < 65535:
        sys.exit(f"--port {given}: with --demo the port must be from 1 to 65534.")
    return int(given)


def environment(port: int) -> dict[str, str]:
    """Return the settings that make the product talk to a demo on this port."""
    origin = f"http://{HOST}:{port}"
    return {
        "GOOGLE_SHEETS_ORIGIN": origin,
        "GOOGLE_SHEETS_URL": f"{origin}/spreadsheets/d/{SHEET_ID}/edit?usp=sharing",
        "SPOTIFY_API_URL": f"{origin}/v1",
        "SPOTIFY_TOKEN_URL": f"{origin}/api/token",
        "SPOTIFY_CLIENT_ID": CLIENT_ID,
        "SPOTIFY_CLIENT_SECRET": CLIENT_SECRET,
        "SPOTIFY_IMAGE_ORIGINS": origin,
        "DATABASE_URL": f"sqlite:///{ROOT / 'var' / database_name(port)}",
        "DEMO_URL": f"{origin}/",
    }


def database_name(port: int) -> str:
    """Return the demo's own database: one a port, since covers are stored with their address."""
    return "demo.sqlite3" if port == DEFAULT_PORT + 1 else f"demo-{port}.sqlite3"


def start(port: int) -> None:
    """Start the demo unless this process has done so already, and wait until it answers."""
    global _child
    if _child is not None and answers(port, _child.pid):
        return
    stop()
    command = [sys.executable, "-m", "project.demo", "--port", str(port), "--exit-with-parent"]
    # We never write to the pipe. It ends when this process does, however it dies, and with it
    # the demo. The demo's own line on standard output would only confuse beside the product's.
    _child = subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    atexit.register(stop)
    deadline = time.monotonic() + PATIENCE
    while not answers(port, _child.pid):
        code = _child.poll()
        if code == PORT_TAKEN:
            fail(
                f"Another program uses port {port}, which the demo needs.",
                "Stop that program, or choose another port with --port N; the demo takes N + 1.",
            )
        if code is not None:
            fail(
                f"The demo stopped right away (exit code {code}).",
                f"To see why: {' '.join(command[:-1])}",
            )
        if time.monotonic() > deadline:
            fail(
                f"The demo did not answer on port {port} within {PATIENCE:.0f} seconds.",
                "Try again when the machine is less busy.",
            )
        time.sleep(LOOK_AGAIN)


def answers(port: int, pid: int) -> bool:
    """Say whether the process with this id answers on the port, and not some other program."""
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_LIMIT)
    try:
        connection.request("GET", "/healthz")
        answer = json.loads(connection.getresponse().read(4096))
        return isinstance(answer, dict) and answer.get("pid") == pid
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def fail(what: str, remedy: str) -> None:
    """Say what went wrong and what to do, and exit with code 1."""
    stop()
    sys.exit(f"{what} {remedy}")


def stop() -> None:
    """End the demo now; without this it would end with this process a moment later."""
    if _child is None:
        return
    if _child.stdin is not None:
        _child.stdin.close()
    try:
        _child.wait(timeout=ANSWER_LIMIT)
    except subprocess.TimeoutExpired:
        _child.kill()
        _child.wait()
