"""Web servers with an audience: the product or the plain reference, under Daphne or uvicorn, each
with a database of its own in which a sync is under way."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connections

from project import static_files
from syncengine import log, operations
from tests.accounts import account
from tests.benchmarks.audience import House
from tests.benchmarks.database import fresh_database
from tests.browser.people import session_of
from tests.process import WebProcess

SOCKETS = 1000
ALBUMS = 100_000  # in the sheet of the sync, so that it does not end
SERVERS = {
    "Daphne": ("-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", "{port}"),
    "uvicorn": (
        "-m",
        "uvicorn",
        "--log-level",
        "warning",
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
    ),
}
PATIENCE_S = 120
PATIENT = {"Daphne": ("--websocket_connect_timeout", str(PATIENCE_S))}  # uvicorn has no limit


@dataclass(frozen=True)
class Open:
    """A server that runs, its cookies, and the URL of its database."""

    app: str
    web: WebProcess
    cookies: list[str]
    database: str

    def house(self, sockets: int = SOCKETS) -> House:
        return House(self.web.origin, self.cookies[:sockets], self.app == "product")


@contextmanager
def opened(app: str, server: str, environment: Mapping[str, str] | None = None) -> Iterator[Open]:
    """Serve `app` by `server` until the block ends, with Django on its database."""
    folder = Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))
    static_files.collect()
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database())
        sessions = [_session_of_new(f"person{number}") for number in range(SOCKETS)]
        _begin_sync()
        connections.close_all()
        own = {"DATABASE_URL": url, "REDIS_URL": "", **(environment or {})}
        patience = () if app == "product" else PATIENT.get(server, ())
        serving = (*SERVERS[server], *patience, f"tests.benchmarks.apps.{app}:application")
        web = WebProcess(folder / "web.log", own, *serving)
        web.start()
        stack.callback(web.stop)
        cookies = [f"sessionid={session}" for session in sessions]
        yield Open(app, web, cookies, url)


def _session_of_new(name: str) -> str:
    account("auditor", name, password=None)
    return session_of(name)


def _begin_sync() -> None:
    """As far as a worker gets before it asks for the first album."""
    operation = operations.start("benchmark", "command")["id"]
    sheet = "5" * 64
    with log.appending() as appender:
        appender.append("started", {"worker": "benchmark", "attempt": 1}, operation)
        for stage, known in (("sheet", False), ("spotify", True), ("albums", True)):
            data = {"stage": stage, "total": ALBUMS if known else None}
            appender.append("stage-started", data | {"sheet": sheet if known else None}, operation)
