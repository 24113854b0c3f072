"""Nobody waits for ever for a worker that stands still, or for a server that says nothing."""

import socket
import threading
import time

import pytest
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections
from django.db.utils import ConnectionHandler

from project import postgresql
from syncengine import log, operations
from syncengine.outages import GONE, outage_of

SLACK_S = 10.0  # for a busy machine


@pytest.fixture(autouse=True)
def only_on_postgresql(database: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the limits of PostgreSQL: the database is SQLite")


# Probes are for TCP; a server that is reached by a Unix socket, as here, shows 0 for them.
PROBES = {name for name in postgresql.SESSION if name.startswith("tcp_")}


@pytest.mark.parametrize("name", sorted(postgresql.SESSION.keys() - PROBES))
def test_every_session_has_the_limit(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        assert cursor.fetchone() == (postgresql.SESSION[name],)


def test_the_server_probes_whoever_it_has_not_heard_from() -> None:
    said = postgresql.with_limits({})["OPTIONS"]["options"]
    assert len(PROBES) == 3
    for name in PROBES:
        assert f"-c {name}={postgresql.SESSION[name]}" in said


def test_a_connection_ends_with_its_request_whatever_the_url_says() -> None:
    assert postgresql.with_limits({"CONN_MAX_AGE": 60})["CONN_MAX_AGE"] == 0
    assert settings.DATABASES["default"]["CONN_MAX_AGE"] == 0


def test_what_the_url_says_has_priority() -> None:
    given = {"OPTIONS": {"connect_timeout": "30", "options": "-c lock_timeout=1min"}}
    options = postgresql.with_limits(given)["OPTIONS"]
    assert options["connect_timeout"] == "30"
    assert options["options"].endswith("-c lock_timeout=15s -c lock_timeout=1min")


def test_a_transaction_that_stands_still_gives_the_log_back() -> None:
    held, over = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def stand_still() -> None:
        try:
            with log.appending():
                held.set()
                over.wait(60)
        except (DatabaseError, InterfaceError) as error:
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=stand_still)
    thread.start()
    assert held.wait(10)
    began = time.monotonic()
    assert operations.start("ann", "button")["state"] == "pending"
    assert time.monotonic() - began < 10 + SLACK_S
    over.set()
    thread.join(10)
    assert [outage_of(error) for error in errors] == [GONE]
    assert log.current_status()["position"] == 1
    operations.cancel(log.current_status()["operation"]["id"], "ann")


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        entry = {
            **settings.DATABASES["default"],
            "HOST": "127.0.0.1",
            "PORT": silent.getsockname()[1],
        }
        entry["OPTIONS"] = {k: v for k, v in entry["OPTIONS"].items() if k != "host"}
        began = time.monotonic()
        with pytest.raises(OperationalError) as raised:
            ConnectionHandler({"default": entry})["default"].ensure_connection()
        taken_s = time.monotonic() - began
    assert outage_of(raised.value) is GONE
    assert taken_s < postgresql.CONNECTION["connect_timeout"] + SLACK_S
