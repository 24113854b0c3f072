"""A short log with every kind of event, written through the product's own doors."""

from datetime import datetime
from typing import Any

from albums.sources.errors import NetworkError
from syncengine import log, operations
from syncengine.operations import Claim, LeaseWatch
from tests.examples import SHEET, TRACK, example

FIRST = "0b7e6d5c-4a39-4281-9706-f5e4d3c2b1a0"
SECOND = "1b7e6d5c-4a39-4281-9706-f5e4d3c2b1a1"
LONG_AGO = datetime.fromisoformat("2020-01-01T00:00:00.000001Z")


def write_history() -> int:
    """Three syncs with each of the three ends, and two acts of an auditor; returns the head."""
    _completed_sync()
    audit("verified")
    _cancelled_sync()
    _failed_sync()
    audit("exported")
    return log.head().position


def begin(by: str = "ann") -> Claim:
    """Ask for a sync and claim it."""
    operations.start(by, "button")
    claim = operations.claim("worker-1", LeaseWatch())
    assert claim is not None
    return claim


def audit(kind: str) -> None:
    with log.appending() as appender:
        appender.append(kind, example(kind)["data"], None)


def stage(claim: Claim, name: str, total: int | None = None) -> None:
    sheet = None if name == "sheet" else SHEET
    operations.append(claim, "stage-started", {"stage": name, "total": total, "sheet": sheet})


def add(claim: Claim, album: str, title: str, n: int = 1, total: int = 2) -> dict[str, Any]:
    changes = {
        "artist": [None, "Björk"],
        "title": [None, title],
        "year": [None, 1997],
        "genres": [None, ["art pop"]],
        "tracks": [None, [TRACK]],
    }
    data = synced(album, title, "added", changes) | {"n": n, "total": total}
    return operations.append(claim, "album-synced", data)


def synced(album: str, title: str, outcome: str, changes: dict[str, Any]) -> dict[str, Any]:
    place = {"album": album, "key": f"name:{title}", "row": 2, "artist": "Björk", "title": title}
    return place | {"outcome": outcome, "changes": changes, "n": 1, "total": 2}


def _completed_sync() -> None:
    claim = begin()
    stage(claim, "sheet")
    stage(claim, "spotify", 3)
    stage(claim, "albums", 3)
    add(claim, FIRST, "Homogenic", 1, 3)
    add(claim, SECOND, "Début", 2, 3)
    operations.append(claim, "album-failed", example("album-failed")["data"] | {"n": 3, "total": 3})
    operations.complete(claim)


def _cancelled_sync() -> None:
    claim = begin("bob")
    stage(claim, "sheet")
    stage(claim, "spotify", 2)
    operations.park(claim, LONG_AGO, "spotify", "rate-limit")
    again = operations.claim("worker-2", LeaseWatch())
    assert again is not None
    stage(again, "albums", 2)
    known = {"album": FIRST, "key": "name:moved", "row": 9}
    operations.append(again, "albums-unchanged", {"albums": [known], "n": 1, "total": 2})
    changes = {"year": [1997, None], "title": ["Début", "Debut"]}
    data = synced(SECOND, "Debut", "updated", changes) | {"n": 2}
    operations.append(again, "album-synced", data)
    gone = {"album": FIRST, "key": "name:moved", "artist": "Björk", "title": "Homogenic"}
    operations.append(again, "album-removed", gone)
    operations.cancel(again.operation, "eve")


def _failed_sync() -> None:
    claim = begin()
    stage(claim, "sheet")
    operations.fail(claim, NetworkError())
