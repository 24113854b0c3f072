"""What an event changes besides the log: the catalog and the operation's row."""

from datetime import datetime
from typing import Any

from albums import catalog
from syncengine.events import Event
from syncengine.models import SyncOperation
from syncengine.projection import Status
from syncengine.schemas import ALBUM_KINDS

COUNTS = ("total", "synced", "failed", "added", "updated", "unchanged", "removed")


def project(event: Event, status: Status, at: datetime) -> None:
    """Write what follows from `event`. `status` is the fold up to and with it."""
    if event.kind in ALBUM_KINDS:
        _project_album(event, at)
    elif event.operation is not None:
        columns = operation_columns(status["operation"], event)
        if event.kind == "requested":
            columns["first_position"] = event.position
            SyncOperation.objects.create(id=event.operation, **columns)
        else:
            SyncOperation.objects.filter(pk=event.operation).update(**columns)


def operation_columns(operation: dict[str, Any], event: Event) -> dict[str, Any]:
    """The projected columns of an operation after `event`, which is not one of an album.

    Counts stay empty until the end: while it runs they stand in the status, and an UPDATE per
    album would double the cost of an append.
    """
    ended = operation["finished_at"] is not None
    error = operation["error"] or {}
    return {
        "state": operation["state"],
        "trigger": operation["trigger"],
        "mode": operation["mode"],
        "requested_by": operation["requested_by"],
        "cancel_requested_by": operation["cancel_requested_by"] or "",
        **{
            name: operation[name] and datetime.fromisoformat(operation[name])
            for name in ("requested_at", "started_at", "finished_at", "waiting_until")
        },
        **{name: operation[name] if ended else None for name in COUNTS},
        "error_code": error.get("code", ""),
        "error_message": error.get("message", ""),
        "last_position": event.position,
    }


def _project_album(event: Event, at: datetime) -> None:
    data = event.data
    if event.kind == "album-synced":
        catalog.change(
            data["album"],
            data["key"],
            data["row"],
            data["changes"],
            position=event.position,
            at=at,
        )
    elif event.kind == "albums-unchanged":
        catalog.confirm((known["album"], known["key"], known["row"]) for known in data["albums"])
    elif event.kind == "album-removed":
        catalog.archive(data["album"], position=event.position, at=at)
