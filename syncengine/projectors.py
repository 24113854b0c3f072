"""What an event changes besides the log: the catalog and the operation's row."""

from datetime import datetime
from typing import Any

from albums import by_key
from albums.by_key import Statement
from albums.catalog import Writer
from syncengine.events import Event
from syncengine.models import SyncOperation
from syncengine.projection import Status
from syncengine.schemas import ALBUM_KINDS

COUNTS = ("total", "synced", "failed", "added", "updated", "unchanged", "removed")


def project(event: Event, status: Status, at: datetime, catalog: Writer) -> list[Statement]:
    """The statements that write what follows from `event`. `status` is the fold up to and with it,
    and `catalog` writes albums in the same transaction."""
    if event.kind in ALBUM_KINDS:
        return _project_album(event, at, catalog)
    if event.operation is None:
        return []
    columns = operation_columns(status["operation"], event)
    if event.kind == "requested":
        begun = SyncOperation(id=event.operation, first_position=event.position, **columns)
        return [by_key.insertion(begun)]
    return [by_key.change(SyncOperation(id=event.operation), **columns)]


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


def _project_album(event: Event, at: datetime, catalog: Writer) -> list[Statement]:
    data = event.data
    if event.kind == "album-synced":
        write = catalog.add if data["outcome"] == "added" else catalog.change
        return write(
            data["album"],
            data["key"],
            data["row"],
            data["changes"],
            position=event.position,
            at=at,
        )
    if event.kind == "albums-unchanged":
        places = ((known["album"], known["key"], known["row"]) for known in data["albums"])
        return catalog.confirm(places)
    if event.kind == "album-removed":
        return catalog.archive(data["album"], position=event.position, at=at)
    return []
