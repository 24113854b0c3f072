"""The product as people run it: `manage.py serve` in a process of its own."""

import json
import os
import runpy
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connections

from project import static_files
from tests.accounts import PASSWORD, account
from tests.browser.people import session_of
from tests.databases import Databases
from tests.demo import ROOT, Demo
from tests.process import ANSWER_LIMIT_S, ServeProcess, WebProcess


class Asked(WebProcess):
    """A web server, to be asked as somebody who signs in by its form."""

    def __init__(self, output: Path, environment: Mapping[str, str], *command: str) -> None:
        super().__init__(output, environment, *command)
        self.socket_url = f"ws://127.0.0.1:{self.port}/ws/sync/"
        self._cookies: dict[str, str] = {}

    def login(self, username: str) -> dict[str, str]:
        """Sign in by the product's own form; returns the headers that carry the session."""
        if username not in self._cookies:
            jar = CookieJar()
            browser = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar)
            )
            browser.addheaders = self.opener.addheaders
            address = f"{self.origin}/accounts/login/"
            browser.open(address, timeout=ANSWER_LIMIT_S).close()
            token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
            form = f"csrfmiddlewaretoken={token}&username={username}&password={PASSWORD}"
            browser.open(address, form.encode(), timeout=ANSWER_LIMIT_S).close()
            cookies = [f"{cookie.name}={cookie.value}" for cookie in jar]
            assert any(cookie.startswith("sessionid=") for cookie in cookies), "not signed in"
            self._cookies[username] = "; ".join(cookies)
        return {"Cookie": self._cookies[username]}

    def admit(self, username: str, session: str = "") -> str:
        """Sign in without the form, which takes a moment, by a new session or one that is there;
        returns its key."""
        session = session or session_of(username)
        self._cookies[username] = f"sessionid={session}; csrftoken={'t' * 32}"
        return session

    def logout(self, cookies: str) -> None:
        """Sign out as the page's own form does."""
        self._submit("/accounts/logout/", cookies, b"")

    def submit(self, path: str, username: str, form: bytes) -> None:
        """Send a form of a page, which leads to another page when it is taken."""
        self._submit(path, self.login(username)["Cookie"], form)

    def _submit(self, path: str, cookies: str, form: bytes) -> None:
        token = cookies.partition("csrftoken=")[2].partition(";")[0]
        headers = {"Cookie": cookies, "X-CSRFToken": token}
        request = urllib.request.Request(self.origin + path, form, headers, method="POST")
        with self.opener.open(request, timeout=ANSWER_LIMIT_S) as answer:
            assert answer.url != request.full_url, answer.read().decode()

    def get(self, path: str, username: str = "") -> dict[str, Any]:
        headers = self.login(username) if username else {}
        return self._ask(urllib.request.Request(self.origin + path, headers=headers))

    def page(self, path: str, username: str = "") -> str:
        """A page as HTML."""
        headers = self.login(username) if username else {}
        request = urllib.request.Request(
            self.origin + path, headers=headers | {"Accept": "text/html"}
        )
        with self.opener.open(request, timeout=ANSWER_LIMIT_S) as answer:
            text: str = answer.read().decode()
        return text

    def post(self, path: str, username: str) -> dict[str, Any]:
        headers = self.login(username)
        token = headers["Cookie"].partition("csrftoken=")[2].partition(";")[0]
        headers |= {"X-CSRFToken": token, "Accept": "application/json"}
        request = urllib.request.Request(self.origin + path, b"", headers, method="POST")
        return self._ask(request)

    def _ask(self, request: urllib.request.Request) -> dict[str, Any]:
        with self.opener.open(request, timeout=ANSWER_LIMIT_S) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


class Web(Asked):
    """A web server without a worker, one of several, as in "many machines" of the README."""

    def __init__(self, output: Path, environment: Mapping[str, str]) -> None:
        command = ("-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "asgi:application")
        super().__init__(output, environment, *command)

    def start(self) -> None:
        static_files.collect()  # what the README asks for before `daphne`
        super().start()


class Server(ServeProcess, Asked):
    """`manage.py serve`, running."""

    def __init__(self, output: Path, environment: Mapping[str, str]) -> None:
        super().__init__(output, environment)
        self.start()


def unhealthy(web: WebProcess) -> str:
    """Why `deploy/healthy.py`, in the environment of this process, finds that it does not work;
    empty where it does."""
    with patch.dict(os.environ, web.environment):
        reason: str = runpy.run_path(str(ROOT / "deploy" / "healthy.py"))["web"](web.port)
    return reason


@contextmanager
def start_server(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    """Run the product until the block ends."""
    server = Server(folder / "server.log", environment)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def server(
    databases: Databases,
    demo_server: Demo,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: Any,
) -> Iterator[Server]:
    """One server for the tests of a file, with an account for each role, and with its database as
    Django's in this process, too. Not to be mixed with the fixture `database`."""
    folder = tmp_path_factory.mktemp("server")
    demo_server.reset()
    with django_db_blocker.unblock(), databases.fresh() as url:
        for role in ("viewer", "auditor", "admin", "superuser"):
            account(role)
        connections.close_all()
        environment = demo_server.environment() | {
            "DATABASE_URL": url,
            "CHECKPOINT_FILE": str(folder / "checkpoints.jsonl"),
        }
        with start_server(folder, environment) as running:
            yield running
        connections.close_all()
