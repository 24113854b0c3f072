"""A fresh database for each test: a copy of one that was migrated once."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

from django.core.management import call_command
from django.db import connection, connections


class Databases:
    """Copies of a migrated template; `fresh()` points Django at a new one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._default = connections.settings["default"]["NAME"]
        self._on_sqlite = connection.vendor == "sqlite"
        self._template = str(folder / "template.sqlite3") if self._on_sqlite else "template"
        if not self._on_sqlite:
            self._execute(f"CREATE DATABASE {self._template}_groovelog")
            self._template += "_groovelog"
        self._point_at(self._template)
        call_command("migrate", verbosity=0)
        self._point_at(self._default)

    @contextmanager
    def fresh(self, like: str = "") -> Iterator[str]:
        """Yield the URL of a database that Django uses until the block ends; empty, or a copy of
        the one with the URL `like`, which nobody may use meanwhile.

        Blocks may be nested: afterwards Django uses what it used before.
        """
        before = connections.settings["default"]["NAME"]
        number = next(self._numbers)
        template = self._name(like) if like else self._template
        connections.close_all()
        if self._on_sqlite:
            name = str(self._folder / f"test{number}.sqlite3")
            shutil.copyfile(template, name)
        else:
            name = f"test{number}"
            self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        self._point_at(name)
        try:
            yield self._url(name)
        finally:
            connections.close_all()
            if not self._on_sqlite:
                self._execute(f"DROP DATABASE {name} WITH (FORCE)")
            self._point_at(before)

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The same with one that nobody has migrated, on PostgreSQL."""
        with self.fresh() as url:
            with connection.cursor() as cursor:
                cursor.execute("DROP SCHEMA public CASCADE")
                cursor.execute("CREATE SCHEMA public")
            yield url

    def use(self, url: str) -> None:
        """Let Django use one of the databases whose blocks have not ended, until told otherwise."""
        self._point_at(self._name(url))

    def _name(self, url: str) -> str:
        if self._on_sqlite:
            return url.removeprefix("sqlite:///")
        return url.partition("@/")[2].partition("?")[0]

    def _point_at(self, name: str) -> None:
        connections.close_all()
        # One dictionary that the connections of every thread are made from.
        connections.settings["default"]["NAME"] = name
        connection.settings_dict["NAME"] = name

    def _execute(self, sql: str) -> None:
        self._point_at(self._default)
        with connection.cursor() as cursor:
            cursor.execute(sql)

    def _url(self, name: str) -> str:
        if self._on_sqlite:
            return f"sqlite:///{name}"
        host = quote(connections.settings["default"]["OPTIONS"]["host"], safe="")
        return f"postgresql://postgres:@/{name}?host={host}"


@contextmanager
def make_databases(folder: Path) -> Iterator[Databases]:
    yield Databases(folder)
    connections.close_all()
