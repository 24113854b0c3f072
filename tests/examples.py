"""One example of every event kind and version that was ever stored, as plain JSON.

Each is `{"kind", "version", "operation", "data"}`. They stay for ever, as the schemas do, and drive
both folds and both phrasings: Python's and JavaScript's.
"""

from typing import Any

Example = dict[str, Any]

OPERATION = "6f1c2d3e-4b5a-4c7d-8e9f-0a1b2c3d4e5f"
ALBUM = "0b7e6d5c-4a39-4281-9706-f5e4d3c2b1a0"
SHEET = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
TRACK = {"disc": 1, "number": 1, "title": "Hunter", "duration_ms": 255_000, "explicit": False}


def _example(kind: str, data: dict[str, Any], operation: str | None = OPERATION) -> Example:
    return {"kind": kind, "version": 1, "operation": operation, "data": data}


EXAMPLES: list[Example] = [
    _example(
        "requested",
        {
            "by": "ann",
            "trigger": "confirm",
            "scope": {"mode": "retry", "keys": ["name:björk#2", "spotify:1"], "confirm": SHEET},
        },
    ),
    _example("started", {"worker": "web-1:4711", "attempt": 1}),
    _example("resumed", {"worker": "web-2:4712", "attempt": 2, "reason": "lease-expired"}),
    _example("stage-started", {"stage": "spotify", "total": 47, "sheet": SHEET}),
    _example(
        "album-synced",
        {
            "album": ALBUM,
            "key": "spotify:37n",
            "row": 2,
            "artist": "Björk",
            "title": "Homogenic “🎻”",
            "outcome": "added",
            "changes": {
                "artist": [None, "Björk"],
                "title": [None, "Homogenic “🎻”"],
                "year": [None, 1997],
                "genres": [None, ["art pop", "電子音楽"]],
                "tracks": [None, [TRACK]],
                "archived": [True, False],
                "fetched_at": [None, "2026-11-22T19:23:51.000120Z"],
            },
            "n": 1,
            "total": 47,
        },
    ),
    _example(
        "albums-unchanged",
        {"albums": [{"album": ALBUM, "key": "spotify:37n", "row": 3}], "n": 2, "total": 47},
    ),
    _example(
        "album-failed",
        {
            "album": None,
            "key": "name:weezer",
            "row": 4,
            "artist": "Weezer",
            "title": "Weezer",
            "code": "album-ambiguous",
            "message": "Spotify has several albums of this name.",
            "remedy": "Put the link of the right one into the sheet.",
            "candidates": [
                {"id": "7xl", "artist": "Weezer", "title": "Weezer", "year": 1994, "score": 100},
                {"id": "2F7", "artist": "Weezer", "title": "Pinkerton", "year": None, "score": 0},
            ],
            "n": 3,
            "total": 47,
        },
    ),
    _example(
        "album-removed",
        {"album": ALBUM, "key": "spotify:37n", "artist": "Björk", "title": "Homogenic"},
    ),
    _example(
        "waiting",
        {"until": "2026-11-23T09:00:00.000000Z", "service": "spotify", "reason": "quota"},
    ),
    _example("cancel-requested", {"by": "bob"}),
    _example(
        "completed",
        {
            "total": 50,
            "synced": 45,
            "failed": 5,
            "added": 40,
            "updated": 3,
            "unchanged": 2,
            "removed": 1,
        },
    ),
    _example(
        "failed",
        {
            "code": "sheet-would-remove",
            "message": "The sheet would archive 30 of 47 albums.",
            "remedy": "Confirm it, or put the rows back.",
            "details": {"removed": 30, "first": "Homogenic"},
        },
    ),
    _example("cancelled", {"by": "bob", "total": 47, "synced": 12, "failed": 3}),
    _example(
        "exported",
        {
            "by": "eve",
            "what": "the events of a sync as CSV",
            "filter": {"operation": OPERATION},
            "result": {"events": 51, "complete": True, "note": None, "format": "csv"},
        },
        operation=None,
    ),
    _example(
        "verified",
        {"by": "eve", "what": "the log", "filter": {}, "result": {"sound": True, "head": 1234}},
        operation=None,
    ),
]


def example(kind: str) -> Example:
    """The example of the newest version of a kind."""
    return [entry for entry in EXAMPLES if entry["kind"] == kind][-1]
