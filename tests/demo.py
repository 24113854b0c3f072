"""The demo server as tests use it: a real process at other URLs, told to misbehave."""

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.backends import free_port, wait_for_port

ROOT = Path(__file__).resolve().parent.parent
ANSWER_LIMIT_S = 10.0
BOMB_LIMIT_S = 100.0


class Demo:
    """Talks to the demo's control interface."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def environment(self) -> dict[str, str]:
        """The settings with which the product talks to this server."""
        from project.demo.sheet import SHEET_ID

        return {
            "GOOGLE_SHEETS_ORIGIN": self.origin,
            "GOOGLE_SHEETS_URL": f"{self.origin}/spreadsheets/d/{SHEET_ID}/edit?usp=sharing",
            "SPOTIFY_API_URL": f"{self.origin}/v1",
            "SPOTIFY_TOKEN_URL": f"{self.origin}/api/token",
            "SPOTIFY_CLIENT_ID": "demo-client",
            "SPOTIFY_CLIENT_SECRET": "demo-secret",
            "SPOTIFY_IMAGE_ORIGINS": self.origin,
        }

    def behave(self, **switches: Any) -> None:
        """Set switches of the demo, named as on its control page."""
        self._ask("POST", "/behaviour", json.dumps(switches).encode(), "application/json")

    def sheet(self, *rows: str, header: str = "Artist,Album,Year,Genre,Label,Spotify") -> None:
        """Replace the sheet by these CSV rows."""
        self.sheet_bytes("\r\n".join([header, *rows, ""]).encode())

    def bomb(self) -> None:
        """Serve a gzip bomb. To make it takes a busy machine longer than the product waits."""
        from project.demo.sheet import SHEET_ID

        self.behave(sheet="gzip-bomb")
        export = f"{self.origin}/spreadsheets/d/{SHEET_ID}/export?format=csv"
        self._opener.open(export, timeout=BOMB_LIMIT_S).close()

    def sheet_bytes(self, body: bytes) -> None:
        self._ask("POST", "/sheet", body, "text/csv")

    def answer(
        self, path: str, body: Any, status: int = 200, kind: str = "application/json"
    ) -> None:
        """Let Spotify answer so at this path; a body that is no bytes is sent as JSON."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        query = urllib.parse.urlencode({"path": path, "status": status})
        self._ask("POST", f"/answers?{query}", sent, kind)

    def calls(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._ask("GET", "/calls"))
        return answer

    def reset_calls(self) -> None:
        self._ask("DELETE", "/calls")

    def reset(self) -> None:
        self.behave(reset=True)
        self.reset_calls()

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        request = urllib.request.Request(self.origin + path, data=body, method=method)
        if kind:
            request.add_header("Content-Type", kind)
        with self._opener.open(request, timeout=ANSWER_LIMIT_S) as answer:
            text: bytes = answer.read()
        return text


@contextmanager
def start_demo(*arguments: str, program: Sequence[str] = ("project.demo",)) -> Iterator[Demo]:
    """Run the demo server on a free port until the block ends; `program` is what Python runs, a
    module and its own arguments."""
    port = free_port()
    command = [sys.executable, "-m", *program, "--port", str(port), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ}, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield Demo(port)
    finally:
        process.terminate()
        process.wait(timeout=5)
