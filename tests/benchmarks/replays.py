"""What a replay costs the server: a sync in logs of 10,000, 100,000 and 1,000,000 events, and one
of 90,000 events at the end of the longest."""

import time
import uuid

from django.test import Client

from syncengine import log
from syncengine.models import SyncEvent, SyncOperation
from syncengine.projection import apply, empty
from syncengine.projectors import operation_columns
from tests.accounts import client
from tests.benchmarks import long_log
from tests.benchmarks.database import fresh_database
from tests.benchmarks.report import Figure, milliseconds, percentile, show, spread

SIZES = (10_000, 100_000, 1_000_000)  # events
LONG = 90_000  # albums of the long sync
RUNS = 30
WANTED = "p95 under 100 ms at 1,000,000 events"


def measure() -> None:
    times = {size: _times_s(size) for size in SIZES}
    largest = SIZES[-1]
    figures = []
    for name in times[largest]:
        before = ", ".join(
            f"{milliseconds(percentile(times[size][name], 0.95))} at {size:,}"
            for size in SIZES[:-1]
            if name in times[size]
        )
        p95 = milliseconds(percentile(times[largest][name], 0.95))
        figures.append(Figure(name, f"p95 {p95}", before, spread(times[largest][name]), WANTED))
    show(f"Replays at {largest:,} events", figures)


def _times_s(size: int) -> dict[str, list[float]]:
    with fresh_database():
        long_log.write(size)
        middle = _operation_at(size // 2)
        addresses = {"a replay half way down the log": _address(middle, middle.last_position - 5)}
        if size == SIZES[-1]:
            long_log.write(size + LONG, _long_sync)
            long = _operation_at(log.head().position)
            first, last = long.first_position, long.last_position
            for name, at in (
                ("its first event", first),
                ("half way", (first + last) // 2),
                ("its last event", last),
            ):
                addresses[f"a sync of {LONG:,} events, {name}"] = _address(long, at)
            after = (first + last) // 2
            addresses["a page of its events"] = f"/api/syncs/{long.pk}/replay?after={after}"
        browser = client("auditor")
        return {name: _took_s(browser, address) for name, address in addresses.items()}


def _address(operation: SyncOperation, at: int) -> str:
    return f"/syncs/{operation.pk}/replay/?at={at}"


def _operation_at(position: int) -> SyncOperation:
    """The row of the sync that this event belongs to, which a log in bulk leaves out."""
    operation = SyncEvent.objects.get(pk=position).operation
    positions = SyncEvent.objects.filter(operation=operation).order_by("position")
    first = positions[0].position
    status = empty(positions[0].previous_hash) | {"position": first - 1}
    for event in log.events_between(first - 1, first - 1 + positions.count()):
        status = apply(status, event)
    columns = operation_columns(status["operation"], event)
    return SyncOperation.objects.create(id=operation, first_position=first, **columns)


def _took_s(browser: Client, path: str) -> list[float]:
    times = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        assert browser.get(path).status_code == 200, path
        times.append(time.perf_counter() - began)
    return times[1:]  # the first one compiles templates


def _long_sync() -> long_log.Sync:
    """Each tenth album fails, and a third of the others is new."""
    operation, sheet = str(uuid.uuid4()), "0" * 64
    scope = {"mode": "full", "keys": [], "confirm": None}
    counts = dict.fromkeys(("synced", "failed", "added", "updated", "unchanged", "removed"), 0)
    events: list[tuple[str, dict[str, object]]] = [
        ("requested", {"by": "ann", "trigger": "button", "scope": scope}),
        ("started", {"worker": "w", "attempt": 1}),
        ("stage-started", {"stage": "sheet", "total": None, "sheet": None}),
        ("stage-started", {"stage": "spotify", "total": LONG, "sheet": sheet}),
        ("stage-started", {"stage": "albums", "total": LONG, "sheet": sheet}),
    ]
    tracks = [{"disc": 1, "number": n, "title": f"Song {n}"} for n in range(1, 13)]
    for n in range(1, LONG + 1):
        names: dict[str, object] = {"artist": "Nina Simone", "title": f"Album {n}"}
        place = {"key": f"name:{n}", "row": n + 1, "n": n, "total": LONG, **names}
        if n % 10 == 0:
            counts["failed"] += 1
            why = {"code": "album-no-match", "message": "No.", "remedy": "Check it."}
            events.append(("album-failed", {**place, "album": None, "candidates": [], **why}))
            continue
        outcome = ("added", "updated", "unchanged")[n % 3]
        counts["synced"] += 1
        counts[outcome] += 1
        changes = {"title": [None, names["title"]], "tracks": [None, tracks]}
        data = {**place, "album": str(uuid.UUID(int=n)), "outcome": outcome, "changes": changes}
        events.append(("album-synced", data))
    events.append(("completed", {"total": LONG, **counts}))
    return [(kind, data, operation) for kind, data in events]
