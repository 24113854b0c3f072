"""`manage.py serve`: what it says when it cannot, and that it works when it can."""

import os
import socket
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connections

from tests.accounts import account
from tests.commands import Environment, manage
from tests.demo import Demo
from tests.server import start_server
from tests.sheets import LINKED
from tests.syncing import current_operation, ends, events, eventually


def test_a_port_that_is_taken_is_named_with_the_way_out(environment: Environment) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = manage(environment, "serve", "--port", port)
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port N" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_new_installation_says_how_to_sign_in(environment: Environment, tmp_path: Path) -> None:
    assert not User.objects.exists()
    with start_server(tmp_path, environment) as server:
        assert server.origin in server.output
        assert "createsuperuser" in server.output


def test_it_syncs_by_itself_and_stops_when_told(
    environment: Environment, demo: Demo, tmp_path: Path
) -> None:
    demo.sheet(*LINKED)
    account("admin")
    connections.close_all()
    with start_server(tmp_path, environment) as server:
        server.post("/syncs/", "admin")
        eventually(ends)
        assert server.stop() == 0
        assert "Traceback" not in server.output
    assert current_operation()["message"] == "Sync complete! Updated 5 albums"


def test_a_sync_that_a_restart_interrupts_goes_on(
    environment: Environment, demo: Demo, tmp_path: Path
) -> None:
    demo.sheet(*LINKED)
    demo.behave(hang="spotify")
    account("admin")
    connections.close_all()
    with start_server(tmp_path, environment) as server:
        server.post("/syncs/", "admin")
        eventually(lambda: demo.calls()["in_flight"])
        server.stop()
        demo.behave(hang="off")
        server.restart()
        eventually(ends)
    assert ends() == ["completed"]
    assert [event.data["reason"] for event in events("resumed")] == ["handed-over"]
    assert os.environ["SECRET_KEY"] not in server.output
