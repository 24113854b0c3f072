"""What a page of the history costs the server, on logs of 10,000, 100,000 and 1,000,000 events.

Beside the time that passes it shows the processor time, which other work on the machine changes
little; on SQLite the database is in it.
"""

import random
import time
import uuid
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.test import Client

from albums.catalog import derived
from albums.fields import EMPTY
from albums.models import Album
from syncengine.events import canonical
from syncengine.log import head
from syncengine.models import SyncEvent, SyncOperation
from tests.accounts import client
from tests.benchmarks.database import fresh_database
from tests.benchmarks.report import Figure, milliseconds, percentile, show

SIZES = (10_000, 100_000, 1_000_000)  # events
EVENTS_A_SYNC = 200
ALBUMS = 3475
RUNS = 40
WANTED = "p95 under 100 ms at 1,000,000 events"
PEOPLE = ("ann", "bob", "eve", "the schedule")
CODES = ("album-no-match", "album-weak-match", "album-not-found", "row-incomplete")
RARE_CODE = "album-taken-down"  # in one sync of the oldest tenth
NEW_YEAR = datetime(2020, 1, 1, tzinfo=UTC)


def measure() -> None:
    times = {size: _times_s(size) for size in SIZES}
    largest = SIZES[-1]
    figures = []
    for name in times[largest]:
        at = {size: _p95(times[size][name]) for size in SIZES}
        before = ", ".join(f"{_shown(at[size])} at {size:,}" for size in SIZES[:-1])
        ratio = at[largest][1] / at[SIZES[0]][1]
        grown = f"{ratio:.1f} times the work for {largest // SIZES[0]} times the log"
        figures.append(Figure(name, f"p95 {_shown(at[largest])}", before, grown, WANTED))
    show(f"The history at {largest:,} events", figures)


def _p95(times: list[tuple[float, float]]) -> tuple[float, float]:
    passed, worked = zip(*times, strict=True)
    return percentile(passed, 0.95), percentile(worked, 0.95)


def _shown(times: tuple[float, float]) -> str:
    return f"{milliseconds(times[0])} (processor {milliseconds(times[1])})"


def _times_s(size: int) -> dict[str, list[tuple[float, float]]]:
    with fresh_database():
        write(size)
        browser = client("auditor")
        return {name: _took_s(browser, path) for name, path in _addresses().items()}


def _addresses() -> dict[str, str]:
    operations = SyncOperation.objects.order_by("first_position")
    middle = operations[operations.count() // 2]
    album = Album.objects.order_by("row")[ALBUMS // 2].pk
    day = f"{middle.requested_at:%Y-%m-%d}"
    return {
        "the newest": "/syncs/",
        "half way down": f"/syncs/?before={middle.first_position}",
        "the oldest": f"/syncs/?before={operations[10].first_position}",
        "a state": "/syncs/?state=failed",
        "a person": "/syncs/?by=eve",
        "a trigger that never was": "/syncs/?trigger=confirm",
        "a day": f"/syncs/?since={day}&until={day}",
        "a frequent code": f"/syncs/?code={CODES[0]}",
        "a rare code": f"/syncs/?code={RARE_CODE}",
        "a code that never was": "/syncs/?code=never",
        "an album": f"/syncs/?album={album}",
        "an album of many": "/syncs/?album=note",
        "all at once": f"/syncs/?album={album}&code={CODES[0]}&by=ann&state=warnings",
    }


def _took_s(browser: Client, path: str) -> list[tuple[float, float]]:
    """(passed, worked) of each run."""
    times = []
    for _ in range(RUNS + 1):
        began, idle = time.perf_counter(), time.process_time()
        assert browser.get(path).status_code == 200, path
        times.append((time.perf_counter() - began, time.process_time() - idle))
    return times[1:]  # the first one compiles templates


def write(size: int) -> None:
    """So many events of syncs over some years. They are no chain: these pages do not look."""
    chance = random.Random(7)
    albums = [_album(number) for number in range(ALBUMS)]
    Album.objects.bulk_create(albums, batch_size=500)
    ids = [album.pk for album in albums]
    first = head()
    syncs = size // EVENTS_A_SYNC
    for number in range(syncs):
        operation, events = _sync(chance, number, ids, rare=number == syncs // 20)
        with transaction.atomic():
            SyncEvent.objects.bulk_create(events)
            operation.save(force_insert=True)
    status = first.current_status() | {"position": size}
    first.position, first.status = size, canonical(status)
    first.save()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _sync(
    chance: random.Random, number: int, albums: list[uuid.UUID], rare: bool
) -> tuple[SyncOperation, list[SyncEvent]]:
    operation = uuid.UUID(int=chance.getrandbits(128), version=4)
    at = NEW_YEAR + timedelta(hours=8 * number)
    by = chance.choice(PEOPLE)
    position = number * EVENTS_A_SYNC
    counts = {"added": 0, "updated": 0, "unchanged": 0, "failed": 0}
    events: list[SyncEvent] = []

    def add(kind: str, **columns: object) -> None:
        data = canonical(columns.pop("data", {}))
        events.append(
            SyncEvent(
                position=position + len(events) + 1,
                operation=operation,
                kind=kind,
                version=1,
                at=at + timedelta(seconds=len(events)),
                data=data,
                previous_hash="0" * 64,
                hash="0" * 64,
                **columns,
            )
        )

    add("requested", person=by)
    add("started")
    for stage in ("sheet", "spotify", "albums"):
        add("stage-started", data={"stage": stage})
    failing = chance.choice((0, 0, 1, 5, 40))
    for n, album in enumerate(chance.sample(albums, EVENTS_A_SYNC - 6)):
        if n < failing:
            code = RARE_CODE if rare and n == 0 else chance.choice(CODES)
            add("album-failed", album=album, code=code, data=_failure(n, code))
            counts["failed"] += 1
        else:
            outcome = chance.choice(("added", "updated", "unchanged"))
            add("album-synced", album=album, data={"outcome": outcome})
            counts[outcome] += 1
    whole = chance.random() < 0.1
    add("failed" if whole else "completed", code="network" if whole else "")
    total = sum(counts.values())
    row = SyncOperation(
        id=operation,
        state="failed" if whole else "completed",
        trigger=chance.choice(("button", "api", "schedule")),
        mode="full",
        requested_by=by,
        requested_at=at,
        started_at=at,
        finished_at=at + timedelta(seconds=chance.choice((20, 60, 300, 40_000))),
        total=total,
        synced=total - counts["failed"],
        removed=0,
        error_code="network" if whole else "",
        error_message="Network error." if whole else "",
        first_position=position + 1,
        last_position=position + EVENTS_A_SYNC,
        **counts,
    )
    return row, events


def _failure(n: int, code: str) -> dict[str, object]:
    names = {"artist": "Nina Simone", "title": "Pastel Blues"}
    message = "Spotify's search found no album."
    return {"row": n + 2, "code": code, "message": message, "remedy": "Check it.", **names}


def _album(number: int) -> Album:
    fields = dict(EMPTY) | {"artist": f"Artist {number % 700}", "title": f"Blue Note {number}"}
    return Album(
        id=uuid.UUID(int=number + 1),
        key=f"name:{number}",
        row=number + 2,
        position=number + 1,
        added_at=NEW_YEAR,
        **fields,
        **derived(fields),
    )
