"""`manage.py sync`: start a sync and follow it in the terminal, by the log that browsers follow."""

import asyncio
import getpass
import sys
import threading
import time
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from syncengine import log, operations
from syncengine.operations import AlreadyUnfinished
from syncengine.projection import Status, fold
from syncengine.worker import SyncWorker

LOOK_S = 0.2
WORKER_ALIVE_S = 10.0
PARKED_AFTER_S = 60.0  # a longer wait is not waited out here

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
        console = Console(highlight=False)
        status = log.current_status()
        try:
            operation = operations.start(
                getpass.getuser(), "command", "refresh" if refresh else "full"
            )
        except AlreadyUnfinished as unfinished:
            by = unfinished.operation["requested_by"]
            console.print(f"A sync is already unfinished, started by {by}.", markup=False)
            console.print(unfinished.operation["message"], markup=False)
            sys.exit(EXIT_ALREADY_UNFINISHED)
        if not _a_worker_is_alive():
            work = threading.Thread(target=_work_here, daemon=True)
            work.start()
        sys.exit(_report(console, _follow(console, status, operation["id"])))


def _a_worker_is_alive() -> bool:
    seen_at = operations.worker_seen_at()
    return seen_at is not None and timezone.now() - seen_at < timedelta(seconds=WORKER_ALIVE_S)


def _work_here() -> None:
    asyncio.run(SyncWorker(until_idle=True).handle())


def _follow(console: Console, status: Status, operation_id: str) -> dict[str, Any]:
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
            status = fold(log.events_after(status["position"]), status)
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
                if operation["finished_at"] is not None or _is_parked(operation):
                    return operation
            time.sleep(LOOK_S)


def _described(operation: dict[str, Any]) -> str:
    message: str = operation["message"]
    left_s = _left_s(operation)
    return message if left_s is None else f"{message} {max(0, round(left_s))} s"


def _is_parked(operation: dict[str, Any]) -> bool:
    left_s = _left_s(operation)
    return left_s is not None and left_s > PARKED_AFTER_S


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
