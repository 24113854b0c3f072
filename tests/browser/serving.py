"""The product as tests use it: `manage.py serve` as a real process on a free port."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from tests.process import ANSWER_LIMIT_S, ServeProcess

REDIS_DATABASES = 16
_numbers = count(1)


class Server(ServeProcess):
    """A server to be asked with the cookies of a browser."""

    def get(self, path: str, cookies: str = "") -> Any:
        """The JSON at a path."""
        request = urllib.request.Request(self.origin + path, headers={"Accept": "application/json"})
        if cookies:
            request.add_header("Cookie", cookies)
        with self.opener.open(request, timeout=ANSWER_LIMIT_S) as answer:
            return json.load(answer)

    def post(self, path: str, cookies: str, body: bytes = b"") -> tuple[int, Any]:
        """Post a form as somebody who is signed in; returns the status and the JSON."""
        token = "t" * 32
        headers = {
            "Accept": "application/json",
            "Cookie": f"{cookies}; csrftoken={token}",
            "X-CSRFToken": token,
        }
        request = urllib.request.Request(self.origin + path, body, headers, method="POST")
        try:
            with self.opener.open(request, timeout=ANSWER_LIMIT_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@contextmanager
def serving(
    database: str, folder: Path, environment: Mapping[str, str], processes: int = 1
) -> Iterator[list[Server]]:
    """Serve a database through so many processes until the block ends.

    `folder` takes what they write; `environment` says where Google and Spotify are.
    """
    number = next(_numbers)
    common = {
        "DATABASE_URL": database,
        "CHECKPOINT_FILE": str(folder / f"checkpoints{number}.jsonl"),
        # A channel layer of their own: servers of other tests must not hear these.
        "REDIS_URL": _own_redis(number),
        **environment,
    }
    servers = [Server(folder / f"server{number}-{i}.log", common) for i in range(processes)]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()
            print(server.output)  # pytest shows it where a test fails


def _own_redis(number: int) -> str:
    url = os.environ["REDIS_URL"]
    return url and f"{url.rpartition('/')[0]}/{number % REDIS_DATABASES}"
