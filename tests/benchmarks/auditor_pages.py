"""What pages of the history and of the past cost the server."""

import time
from collections.abc import Mapping

from django.contrib.auth.models import User
from django.test import Client

from albums.models import Album
from syncengine import log
from syncengine.models import SyncEvent, SyncOperation
from tests.accounts import client
from tests.benchmarks.long_log import ALBUMS, CODES, RARE_CODE
from tests.benchmarks.report import Cost, milliseconds, percentile

RUNS = 20
SHARE = 0.95
HISTORY = "p95 under 100 ms"
PAST = "under 1 s"


def costs(url: str) -> dict[str, Cost]:
    """By what is looked at; the rest is told of the slowest but a twentieth of the runs."""
    User.objects.filter(username="auditor").delete()
    browser = client("auditor")
    groups = {HISTORY: {**_list(), **_one_sync(), **_one_album(), **_compared()}, PAST: _past()}
    return {
        name: _cost(browser, path, wanted)
        for wanted, addresses in groups.items()
        for name, path in addresses.items()
    }


def _cost(browser: Client, path: str, wanted: str) -> Cost:
    passed, worked = [], []
    for _ in range(RUNS + 1):
        began, idle = time.perf_counter(), time.process_time()
        assert browser.get(path).status_code == 200, path
        passed.append(time.perf_counter() - began)
        worked.append(time.process_time() - idle)
    # The first one compiles templates and counts facets.
    passed_s, worked_s = (percentile(times[1:], SHARE) for times in (passed, worked))
    said = f"p95 {milliseconds(passed_s)} (processor {milliseconds(worked_s)})"
    return Cost(said, worked_s, wanted)


def _sync(share: float) -> SyncOperation:
    """A sync so far down the log."""
    operations = SyncOperation.objects.order_by("first_position")
    return operations[int((operations.count() - 1) * share)]


def _list() -> Mapping[str, str]:
    middle, oldest = _sync(0.5), SyncOperation.objects.order_by("first_position")[10]
    day = f"{middle.requested_at:%Y-%m-%d}"
    album = Album.objects.order_by("row")[ALBUMS // 2].pk
    addresses = {
        "the newest": "",
        "half way down": f"?before={middle.first_position}",
        "the oldest": f"?before={oldest.first_position}",
        "a state": "?state=failed",
        "a person": "?by=eve",
        "a trigger that never was": "?trigger=confirm",
        "a day": f"?since={day}&until={day}",
        "a frequent code": f"?code={CODES[0]}",
        "a rare code": f"?code={RARE_CODE}",
        "a code that never was": "?code=never",
        "an album": f"?album={album}",
        "an album of many": "?album=note",
        "all at once": f"?album={album}&code={CODES[0]}&by=ann&state=warnings",
    }
    return {f"history, {name}": f"/syncs/{query}" for name, query in addresses.items()}


def _one_sync() -> Mapping[str, str]:
    failing = SyncOperation.objects.filter(failed__gte=40).order_by("-first_position")[0]
    middle = _sync(0.5)
    return {
        "one sync, the newest": f"/syncs/{_sync(1).pk}/",
        "one sync, with 40 failures": f"/syncs/{failing.pk}/",
        "one sync, half way down": f"/syncs/{middle.pk}/",
        "one sync, at an event deep in it": f"/syncs/{middle.pk}/?at={middle.last_position - 20}",
        "one sync, searched": f"/syncs/{middle.pk}/?words=blue+note",
        "one sync, what it updated": f"/syncs/{middle.pk}/?outcome=updated",
    }


def _one_album() -> Mapping[str, str]:
    album = Album.objects.order_by("row")[ALBUMS // 2].pk
    failures = SyncEvent.objects.filter(kind="album-failed", album__isnull=False)
    failing = failures.order_by("-position")[0].album
    half = log.head().position // 2
    return {
        "biography, the newest": f"/albums/{album}/",
        "biography, half way down": f"/albums/{album}/?before={half}",
        "biography, of one that fails": f"/albums/{failing}/",
    }


def _compared() -> Mapping[str, str]:
    newest, one_before, oldest = (
        SyncOperation.objects.filter(state="completed").order_by(order)[nth].pk
        for order, nth in (("-first_position", 0), ("-first_position", 1), ("first_position", 0))
    )
    return {
        "compare, with the sync before": f"/syncs/compare/?a={one_before}&b={newest}",
        "compare, the oldest and the newest": f"/syncs/compare/?a={oldest}&b={newest}",
        "proof": "/syncs/proof/",
    }


def _past() -> Mapping[str, str]:
    sync = _sync(0.5)
    addresses = {
        "a sync": f"{sync.pk}",
        "a day": f"{sync.requested_at:%Y-%m-%d}",
        "searched": f"{sync.pk}&q=note+12&sort=year",
        "what changed since": f"{sync.pk}&since=changed",
        "the last page": f"{sync.pk}&page=50&view=list",
    }
    return {f"as of, {name}": f"/?as-of={asked}" for name, asked in addresses.items()}
