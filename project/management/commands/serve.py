"""`manage.py serve`: web and worker in one process, on one machine, with one command."""

import asyncio
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from project import demo_accounts
from project.environment import is_loopback
from syncengine.worker import SyncWorker

logger = logging.getLogger("groovelog.serve")

STOP_LIMIT_S = 5.0


class Command(BaseCommand):
    help = "Run the whole product in one process: migrate, then web server and worker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument(
            "--demo",
            action="store_true",
            help="play Google Sheets and Spotify on this machine, with a database of its own",
        )

    def handle(self, *args: Any, host: str, port: int, demo: bool, **options: Any) -> None:
        if demo and not settings.DEMO_URL:
            raise CommandError("Write --demo in full: manage.py starts the demo before Django.")
        if settings.DEBUG and not is_loopback(host):
            raise CommandError(
                "DEBUG shows paths and source code to everybody, so it works on loopback only."
                " Unset DEBUG, or leave out --host."
            )
        _require_free(host, port)
        call_command("prepare")
        greeting = self._greeting(host, port, demo)
        _run_server(host, port, lambda: self.stdout.write(greeting))

    def _greeting(self, host: str, port: int, demo: bool) -> str:
        lines = ["", f"Groovelog runs at http://{host}:{port}/"]
        if demo:
            password, names = demo_accounts.ensure(Path(settings.VAR_DIR))
            lines += [
                f"Sign in as {', '.join(names)}; the password is {password}",
                f"What Google and Spotify do is decided at {settings.DEMO_URL}",
            ]
        elif User.objects.filter(is_active=True).exists():
            lines += ["Sign in with your account; /admin/ manages accounts and groups."]
        else:
            lines += [
                "Nobody can sign in yet. Make the first account in another terminal:",
                "    .venv/bin/python manage.py createsuperuser",
            ]
        return "\n".join([*lines, "Stop it with Control-C.", ""])


def _require_free(host: str, port: int) -> None:
    """Daphne only logs that it cannot listen, and then ends as if nothing had happened."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host} port {port}: {error.strerror}. Choose another: --port N"
            ) from error


def _run_server(host: str, port: int, greet: Callable[[], None]) -> None:
    # Daphne installs Twisted's asyncio reactor when it is imported, so not before it is needed.
    from daphne.server import Server
    from twisted.internet import defer, reactor

    from asgi import application

    tasks: list[asyncio.Task[None]] = []

    def ready() -> None:
        loop = asyncio.get_event_loop()
        tasks.append(loop.create_task(SyncWorker().handle()))
        greet()

    async def stop() -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_LIMIT_S)

    reactor.addSystemEventTrigger(
        "before",
        "shutdown",  # type: ignore[arg-type]
        lambda: defer.Deferred.fromFuture(asyncio.ensure_future(stop())),
    )
    interface = host.replace(":", r"\:")
    Server(
        application=application,
        endpoints=[f"tcp:port={port}:interface={interface}"],
        ready_callable=ready,
        server_name="",
    ).run()
