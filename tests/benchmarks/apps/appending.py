"""Events appended on request, in the process that fans them out: what the worker of `manage.py
serve` does, at a pace that the benchmark says.

`GET /append?count=300&pause_s=0.5` appends so many events to the unfinished operation, each in a
transaction of its own, and answers `[[position, committed at], ...]`, seconds since the epoch, when
all are told. Each is told after its commit and before the pause; without a pause they are a burst:
all are committed before the first is told.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from syncengine import log
from syncengine.duties import DatabaseThread
from syncengine.events import Event

Tell = Callable[[Event], Awaitable[None]]
Application = Callable[..., Awaitable[Any]]

PATH = "/append"
_database = DatabaseThread("appending")


def appending_on_request(application: Application, tell: Tell) -> Application:
    """`application`, and besides it the path above; `tell` is awaited after each commit."""

    async def answering(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await application(scope, receive, send)
            return
        query = parse_qs(scope["query_string"].decode())
        committed = await _append(int(query["count"][0]), float(query["pause_s"][0]), tell)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(committed).encode()})

    return answering


async def _append(count: int, pause_s: float, tell: Tell) -> list[tuple[int, float]]:
    at_once = 1 if pause_s else count
    committed = []
    for _ in range(count // at_once):
        appended = await _database(_append_at_once, at_once)
        for event, at in appended:
            committed.append((event.position, at))
            await tell(event)
        await asyncio.sleep(pause_s)
    return committed


def _append_at_once(count: int) -> list[tuple[Event, float]]:
    return [append_one() for _ in range(count)]


def append_one() -> tuple[Event, float]:
    """Append the next event of the unfinished operation; returns it and when it was committed."""
    with log.appending() as appender:
        operation = appender.status["operation"]
        assert operation is not None
        n = operation["synced"] + operation["failed"] + 1
        names = {"artist": "Nina Simone", "title": f"Pastel Blues, volume {n}"}
        place = {"album": None, "key": f"name:{n}", "row": n + 1, "n": n}
        why = {
            "code": "album-no-match",
            "message": "Spotify has no album of this name by this artist.",
            "remedy": "Check the spelling in the sheet, or put a link to the album into it.",
        }
        data = {**place, **names, **why, "candidates": [], "total": operation["total"]}
        event = appender.append("album-failed", data, operation["id"])
    return event, time.time()
