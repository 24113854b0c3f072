"""F12: the disk of the database is full while a sync runs."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from syncengine import worker
from syncengine.models import SyncOperation
from tests.browser import sheets
from tests.databases import Databases
from tests.faults.disk import Disk, small_disk
from tests.faults.outages import ask, is_unavailable, login_form
from tests.faults.postgresql import PostgreSQL, fresh_database, pointed_at
from tests.faults.world import MOST_S, World
from tests.process import Process
from tests.server import Web
from tests.syncing import current_operation, ends, events, eventually, outcomes

MIB = 1024 * 1024
DISK_BYTES = {"sqlite": 16 * MIB, "postgresql": 48 * MIB}
STEP_BYTES = 32 * 1024
ALBUMS = 60
FULL_S = 4.0
MAX_CANCEL_S = 2.0


@pytest.fixture
def disk() -> Iterator[Disk]:
    folder = Path(tempfile.mkdtemp(prefix="groovelog-disk-"))
    folder.chmod(0o755)
    with small_disk(folder / "disk", DISK_BYTES[connection.vendor]) as mounted:
        if mounted is None:
            pytest.skip("F12 storage full: this account may not mount a small disk")
        yield mounted
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(
    disk: Disk, databases: Databases, own_server: PostgreSQL | None, django_db_blocker: Any
) -> Iterator[str]:
    """A fresh database on that disk; of PostgreSQL its tables, while its journal is elsewhere."""
    with django_db_blocker.unblock():
        if own_server is not None:
            with fresh_database(own_server, disk.folder) as url:
                yield url
            return
        with databases.fresh() as url:
            path = disk.folder / "database.sqlite3"
            connections.close_all()
            shutil.copyfile(url.removeprefix("sqlite:///"), path)
            with pointed_at(str(path)):
                yield f"sqlite:///{path}"


@pytest.fixture
def web(world: World) -> Web:
    web: Web = world.web()
    for name in ("admin", "auditor"):
        web.login(name)
    return web


@pytest.fixture
def working(world: World, web: Web) -> Process:
    """A worker in the midst of a sync."""
    world.demo.sheet(*sheets.rows(ALBUMS))
    world.demo.behave(latency_ms=800, speed=1)
    worker = world.worker()
    web.post("/syncs/", "admin")
    eventually(lambda: 5 < len(outcomes()) < ALBUMS - 30, MOST_S)
    connections.close_all()
    return worker


@pytest.fixture
def full(disk: Disk, working: Process) -> Iterator[None]:
    disk.fill()
    eventually(lambda: "waits for the database: The storage is full" in working.output, MOST_S)
    yield
    disk.clear()


def test_f12_a_sync_goes_on_by_itself_once_there_is_room(
    world: World, web: Web, full: None, disk: Disk
) -> None:
    if connection.vendor == "sqlite":  # PostgreSQL has room in its pages for many a little thing
        eventually(lambda: a_sign_in_is_refused(web), MOST_S)
    for path in ("/", "/syncs/", "/api/status", "/api/events"):
        answer = ask(web, path, "admin")
        # A server whose disk is full may also refuse new connections.
        assert answer.status == 200 or (connection.vendor != "sqlite" and is_unavailable(answer))
    time.sleep(FULL_S)
    disk.clear()
    cleared = time.monotonic()
    eventually(lambda: events("resumed"), MOST_S)
    print(f"F12: the sync goes on {time.monotonic() - cleared:.1f} s after there was room")
    assert time.monotonic() - cleared < worker.STORAGE_WAIT_S + 10
    eventually(ends, MOST_S)
    operation = current_operation()
    assert (operation["state"], operation["synced"]) == ("completed", ALBUMS)
    assert events("album-failed") == []
    for event in events("waiting"):
        assert (event.data["service"], event.data["reason"]) == ("database", "storage")
    assert {event.data["reason"] for event in events("resumed")} == {"wait-over"}
    assert len(events("waiting")) <= 2  # full for some seconds: no to and fro


def test_f12_a_sync_that_waits_for_room_says_so_and_can_be_cancelled(
    world: World, web: Web, full: None, disk: Disk
) -> None:
    def waits() -> bool:
        if current_operation()["state"] == "waiting":
            return True
        disk.free(STEP_BYTES)
        return False

    eventually(waits, MOST_S)
    operation = current_operation()
    assert operation["message"] == "Waiting for storage..."
    until = datetime.fromisoformat(operation["waiting_until"])
    said = datetime.fromisoformat(events("waiting")[-1].at)
    assert 0 < (until - said).total_seconds() <= worker.STORAGE_WAIT_S
    page = ask(web, "/", "auditor").body
    assert "Waiting for storage..." in page
    assert "its disk is full. Goes on by itself at" in page
    eventually(lambda: SyncOperation.objects.filter(worker="", pk=operation["id"]).exists())

    disk.clear()
    began = time.monotonic()
    answer = ask(web, f"/syncs/{operation['id']}/cancel/", "admin", {}, "json")
    assert answer.status == 202
    eventually(ends)
    assert time.monotonic() - began < MAX_CANCEL_S
    assert ends() == ["cancelled"]


def a_sign_in_is_refused(web: Web) -> bool:
    """Sign in, which writes; little things may still find room."""
    answer = ask(web, "/accounts/login/", form=login_form("viewer"), kind="json")
    if answer.status == 401:  # signed in, and sent on to a page without the session
        return False
    assert is_unavailable(answer)
    assert answer.error["code"] == "storage-full"
    return True
