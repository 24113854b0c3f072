"""How the result for an album becomes an event: each function is one transaction that holds the
album's change and the event that records it.

All raise StaleToken where another worker has taken the operation over, and the database's errors;
then nothing of it is stored.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from albums import catalog
from albums.fields import Changes, Fields, difference, is_visible, merged
from albums.sources.enriched import Enriched
from albums.sources.errors import AlbumError
from albums.sources.sheet_rows import Row
from syncengine import log
from syncengine.events import instant
from syncengine.log import Appender, Fence
from syncengine.plan import Known, Task


def synced(fence: Fence, task: Task, enriched: Enriched, total: int) -> None:
    """Store what Spotify said of an album."""
    with log.appending(fence) as appender:
        stored = appender.catalog.album(task.album) if task.album else None
        old = catalog.fields_of(stored) if stored else None
        now = instant(timezone.now())
        new = merged(task.row, enriched, old, digest=task.digest, fetched_at=now)
        changes = difference(old, new)
        data = {
            "album": task.album or str(uuid.uuid4()),
            **_place(task.row),
            "artist": new["artist"],
            "title": new["title"],
            "outcome": _outcome(old, changes),
            "changes": changes,
        }
        _append(appender, fence, "album-synced", data, total)


def failed(fence: Fence, task: Task, error: AlbumError, total: int) -> None:
    """Record why an album could not be synced; the album itself stays as it is."""
    with log.appending(fence) as appender:
        data = {
            "album": task.album,
            **_place(task.row),
            "artist": task.row.artist,
            "title": task.row.title,
            "code": error.code,
            "message": error.message,
            "remedy": error.remedy,
            "candidates": [candidate.as_data() for candidate in error.candidates],
        }
        _append(appender, fence, "album-failed", data, total)


def left_alone(fence: Fence, albums: Sequence[tuple[str, Row]], total: int) -> None:
    """Record (album, row) pairs whose last fetch is fresh enough; at most 100 of them."""
    with log.appending(fence) as appender:
        data = {"albums": [{"album": album, **_place(row)} for album, row in albums]}
        _append(appender, fence, "albums-unchanged", data, total, count=len(albums))


def removed(fence: Fence, album: Known) -> None:
    """Archive an album whose row left the sheet."""
    with log.appending(fence) as appender:
        names = {name: album[name] for name in ("key", "artist", "title")}
        appender.append("album-removed", {"album": str(album["id"]), **names}, fence.operation)


def _append(
    appender: Appender,
    fence: Fence,
    kind: str,
    data: dict[str, Any],
    total: int,
    count: int = 1,
) -> None:
    """Append the event of `count` albums, and before the first of all that their stage began."""
    operation = appender.status["operation"]
    if operation["stage"] != "albums":
        stage = {"stage": "albums", "total": total, "sheet": operation["sheet"]}
        appender.append("stage-started", stage, fence.operation)
    n = operation["synced"] + operation["failed"] + count
    appender.append(kind, {**data, "n": n, "total": total}, fence.operation)


def _place(row: Row) -> dict[str, Any]:
    return {"key": row.key, "row": row.row}


def _outcome(old: Fields | None, changes: Changes) -> str:
    if old is None:
        return "added"
    return "updated" if is_visible(changes) else "unchanged"
