"""`manage.py sync`: start a sync and follow it in the terminal, by the log that browsers follow."""

import asyncio
import getpass
import os
import sys
import threading
import time
from datetime import datetime
from typing import Any, Self

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connections
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from albums.sources.sheet_rows import MAX_NAME_CHARS
from albums.sources.text import clean
from syncengine import log, operations
from syncengine.models import SyncOperation
from syncengine.operations import AlreadyUnfinished
from syncengine.outages import outage_of
from syncengine.presence import PresenceWatch
from syncengine.projection import Status, apply
from syncengine.schemas import END_KINDS
from syncengine.worker import SyncWorker

LOOK_S = 0.2
LEAVE_LIMIT_S = 5.0

EXIT_COMPLETED, EXIT_FAILED, EXIT_WARNINGS = 0, 1, 2
EXIT_ALREADY_UNFINISHED, EXIT_CANCELLED, EXIT_PARKED = 3, 4, 5


class Command(BaseCommand):
    help = (
        "Start a sync and follow it. Exit 0: completed; 1: failed; 2: completed with failed"
        " albums; 3: a sync is already unfinished; 4: cancelled; 5: parked, goes on by itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--refresh", action="store_true", help="fetch every album anew, however fresh"
        )

    def handle(self, *args: Any, refresh: bool, **options: Any) -> None:
        console = Console(highlight=False, emoji=False)
        status = log.current_status()
        try:
            operation = operations.start(_name(), "command", "refresh" if refresh else "full")
        except AlreadyUnfinished as unfinished:
            by = unfinished.operation["requested_by"]
            console.print(f"A sync is already unfinished, started by {by}.", markup=False)
            console.print(unfinished.operation["message"], markup=False)
            sys.exit(EXIT_ALREADY_UNFINISHED)
        with Work() as work:
            code = _report(console, _follow(console, status, operation["id"], work))
        sys.exit(code)


class Work:
    """Does the work in this process, from when no worker is alive on."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._presence = PresenceWatch()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._thread is not None:
            self._thread.join(LEAVE_LIMIT_S)

    def see_to_it(self) -> None:
        """Start working, unless somebody else does or this has begun already."""
        if self._thread is None and not self._presence.is_alive():
            self._thread = threading.Thread(target=_work_here, daemon=True)
            self._thread.start()


def _work_here() -> None:
    asyncio.run(SyncWorker(until_idle=True).handle())


def _name() -> str:
    try:
        return clean(getpass.getuser(), MAX_NAME_CHARS) or f"uid {os.getuid()}"
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"uid {os.getuid()}"


def _follow(console: Console, status: Status, operation_id: str, work: Work) -> dict[str, Any]:
    """Show the operation until it ends or is parked; returns it as the status has it then."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[counts]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=None, counts="")
        while True:
            time.sleep(LOOK_S)
            try:
                work.see_to_it()
                news = log.events_after(status["position"])
                parked = _is_parked(operation_id)
            except Error as error:
                if outage_of(error) is None:
                    raise
                connections.close_all()  # when the database is back, the sync goes on, and so do we
                continue
            for event in news:
                status = apply(status, event)
                if event.operation == operation_id and event.kind in END_KINDS:
                    break  # a sync after ours would take its place in the status
            operation: dict[str, Any] = status["operation"]
            if operation["id"] == operation_id:
                total = operation["total"]
                progress.update(
                    bar,
                    description=_described(operation),
                    total=total,
                    completed=operation["synced"] + operation["failed"],
                    counts="" if total is None else f"{operation['synced']}/{total} albums synced",
                )
                if operation["finished_at"] is not None or parked:
                    return operation


def _described(operation: dict[str, Any]) -> str:
    message: str = operation["message"]
    left_s = _left_s(operation)
    return message if left_s is None else f"{message} {max(0, round(left_s))} s"


def _is_parked(operation_id: str) -> bool:
    """Whether it waits and no worker holds it meanwhile."""
    return SyncOperation.objects.filter(pk=operation_id, state="waiting", worker="").exists()


def _left_s(operation: dict[str, Any]) -> float | None:
    if operation["waiting_until"] is None:
        return None
    return (datetime.fromisoformat(operation["waiting_until"]) - timezone.now()).total_seconds()


def _report(console: Console, operation: dict[str, Any]) -> int:
    """Print how it stands and what to do; returns the exit code."""
    console.print(operation["message"], markup=False, soft_wrap=True)
    for failure in operation["failures"]:
        name = f"{failure['artist']} – {failure['title']}".strip(" –")
        console.print(f"  row {failure['row']}: {name}", markup=False, soft_wrap=True)
        console.print(f"    {failure['message']} {failure['remedy']}", markup=False, soft_wrap=True)
    match operation["state"]:
        case "completed":
            return EXIT_WARNINGS if operation["failed"] else EXIT_COMPLETED
        case "failed":
            console.print(operation["error"]["remedy"], markup=False, soft_wrap=True)
            return EXIT_FAILED
        case "cancelled":
            return EXIT_CANCELLED
        case _:
            console.print(
                f"It goes on by itself at {operation['waiting_until']}, where a worker runs then.",
                markup=False,
            )
            return EXIT_PARKED
