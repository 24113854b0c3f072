"""What a replay costs the server: a sync in logs of 10,000, 100,000 and 1,000,000 events, and one
of 90,000 events at the end of the longest."""

import time
import uuid

from django.contrib.auth.models import User
from django.test import Client

from syncengine.models import SyncOperation
from tests.accounts import client
from tests.benchmarks import long_log
from tests.benchmarks.database import fresh_database
from tests.benchmarks.report import Figure, milliseconds, percentile, show, spread

SIZES = (10_000, 100_000, 1_000_000)  # events
LONG = 90_000  # albums of the long sync
RUNS = 30
WANTED = "p95 under 100 ms at 1,000,000 events"


def measure() -> None:
    times: dict[int, dict[str, list[float]]] = {}
    with fresh_database():
        long = long_log.LongLog()
        for size in SIZES:
            long.grow(size)
            addresses = _half_way_down(size)
            if size == SIZES[-1]:
                long.append(_long_sync())
                addresses |= _through_the_newest()
            User.objects.filter(username="auditor").delete()
            browser = client("auditor")
            times[size] = {name: _took_s(browser, path) for name, path in addresses.items()}
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


def _half_way_down(size: int) -> dict[str, str]:
    begun = SyncOperation.objects.filter(first_position__lte=size // 2)
    middle = begun.order_by("-first_position")[0]
    return {"a replay half way down the log": _address(middle, middle.last_position - 5)}


def _through_the_newest() -> dict[str, str]:
    newest = SyncOperation.objects.order_by("-first_position")[0]
    first, last = newest.first_position, newest.last_position
    half = (first + last) // 2
    places = {"its first event": first, "half way": half, "its last event": last}
    replays = {
        f"a sync of {LONG:,} events, {name}": _address(newest, at) for name, at in places.items()
    }
    return {**replays, "a page of its events": f"/api/syncs/{newest.pk}/replay?after={half}"}


def _address(operation: SyncOperation, at: int) -> str:
    return f"/syncs/{operation.pk}/replay/?at={at}"


def _took_s(browser: Client, path: str) -> list[float]:
    times = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        assert browser.get(path).status_code == 200, path
        times.append(time.perf_counter() - began)
    return times[1:]  # the first one compiles templates


def _long_sync() -> list[long_log.Told]:
    """Each tenth album fails, and a third of the others is new."""
    sheet = "0" * 64
    scope = {"mode": "full", "keys": [], "confirm": None}
    counts = dict.fromkeys(("synced", "failed", "added", "updated", "unchanged", "removed"), 0)
    events: list[long_log.Told] = [
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
    return events
