"""A log of any length, valid in every respect, written in bulk."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import transaction

from syncengine.events import Event, canonical, chain_hash, instant
from syncengine.log import head, search_columns
from syncengine.models import SyncEvent
from syncengine.projection import apply

BATCH_EVENTS = 2000
ALBUMS_A_SYNC = 50


Sync = list[tuple[str, dict[str, object], str]]  # its events: kind, data, operation


def write(events: int, one_sync: Callable[[], Sync] | None = None) -> None:
    """Append so many events of syncs that each failed on some albums, the last one finished.
    `one_sync` makes others of them."""
    first = head()
    status = first.current_status()
    at = datetime(2020, 1, 1, tzinfo=UTC)
    batch: list[SyncEvent] = []
    while status["position"] < events:
        for kind, data, operation in (one_sync or _one_sync)():
            at += timedelta(seconds=1)
            text = canonical(data)
            position, previous = status["position"] + 1, status["hash"]
            hash_ = chain_hash(previous, position, operation, kind, 1, instant(at), text)
            event = Event(position, operation, kind, 1, instant(at), data, previous, hash_)
            status = apply(status, event)
            batch.append(
                SyncEvent(
                    position=position,
                    operation=uuid.UUID(operation),
                    kind=kind,
                    version=1,
                    at=at,
                    data=text,
                    previous_hash=previous,
                    hash=hash_,
                    **search_columns(event),
                )
            )
        if len(batch) >= BATCH_EVENTS or status["position"] >= events:
            with transaction.atomic():
                SyncEvent.objects.bulk_create(batch)
            batch = []
    first.position, first.hash = status["position"], status["hash"]
    first.status = canonical(status)
    first.save()


def _one_sync() -> Sync:
    operation = str(uuid.uuid4())
    sheet = "0" * 64
    scope = {"mode": "full", "keys": [], "confirm": None}
    events: list[tuple[str, dict[str, object]]] = [
        ("requested", {"by": "ann", "trigger": "button", "scope": scope}),
        ("started", {"worker": "w", "attempt": 1}),
        ("stage-started", {"stage": "sheet", "total": None, "sheet": None}),
        ("stage-started", {"stage": "spotify", "total": ALBUMS_A_SYNC, "sheet": sheet}),
        ("stage-started", {"stage": "albums", "total": ALBUMS_A_SYNC, "sheet": sheet}),
    ]
    for n in range(1, ALBUMS_A_SYNC + 1):
        failure = {
            "album": None,
            "key": f"name:{n}",
            "row": n,
            "artist": "Nina Simone",
            "title": "Pastel Blues",
            "code": "album-no-match",
            "message": "Spotify's search found no album.",
            "remedy": "Check the spelling.",
            "candidates": [],
            "n": n,
            "total": ALBUMS_A_SYNC,
        }
        events.append(("album-failed", failure))
    counts = dict.fromkeys(("synced", "added", "updated", "unchanged", "removed"), 0)
    events.append(("completed", {"total": ALBUMS_A_SYNC, "failed": ALBUMS_A_SYNC, **counts}))
    return [(kind, data, operation) for kind, data in events]
