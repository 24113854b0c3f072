"""How fast a sync is, against the bound that calls, latency and overlap set, and against the same
calls one after another; and how many calls a rolling window refuses."""

import asyncio
import statistics
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp
from django.conf import settings

from albums.sources.limiter import MAX_CALLS_IN_FLIGHT
from syncengine import log, operations
from syncengine.worker import SyncWorker
from tests.benchmarks.database import fresh_database
from tests.benchmarks.report import Figure, milliseconds, show, spread
from tests.demo import Demo, start_demo

ALBUMS = 50
LATENCY_MS = 120
RUNS = 5
WINDOW_ALBUMS = 150
WINDOW_CALLS, WINDOW_S = 100, 30
UNTAUGHT_CALLS = 300  # what the limiter starts with where it does not know the window


def measure() -> None:
    show("A sync of 50 albums, none known before, 120 ms a call", _fifty_albums())
    show(
        f"{WINDOW_ALBUMS} albums against a rolling window of {WINDOW_CALLS} calls in {WINDOW_S} s",
        _rolling_window(),
    )


def _fifty_albums() -> list[Figure]:
    demo_options = ("--speed", "0", "--latency-ms", str(LATENCY_MS), "--albums", str(ALBUMS))
    with start_demo(*demo_options) as demo:
        took, calls = [], 0
        for _ in range(RUNS):
            demo.reset()
            took.append(_sync_s(demo, calls_per_30s=100_000))
            calls = demo.calls()["by_endpoint"]["GET /v1/search"]["200"] * 2
        one_by_one = statistics.median(asyncio.run(_one_by_one(demo)) for _ in range(RUNS))
    bound = calls * LATENCY_MS / 1000 / MAX_CALLS_IN_FLIGHT
    median = statistics.median(took)
    return [
        Figure(
            "whole sync, sheet and log included",
            spread(took),
            f"bound: {calls} calls x {LATENCY_MS} ms / {MAX_CALLS_IN_FLIGHT} at once"
            f" = {milliseconds(bound)}",
            f"{median / bound:.2f} times",
            "within 1.3 times",
        ),
        Figure(
            "whole sync",
            milliseconds(median),
            f"the same calls one after another: {milliseconds(one_by_one)}",
            f"{one_by_one / median:.1f} times faster",
            "at least 5 times",
        ),
    ]


def _rolling_window() -> list[Figure]:
    window = f"{WINDOW_CALLS}:{WINDOW_S}"
    with start_demo(
        "--speed", "0", "--latency-ms", str(LATENCY_MS), "--albums", str(WINDOW_ALBUMS),
        "--window", window,
    ) as demo:  # fmt: skip
        figures = []
        for name, start in (("the default start", 90), ("an untaught start", UNTAUGHT_CALLS)):
            demo.reset()
            took = _sync_s(demo, calls_per_30s=start)
            calls = demo.calls()
            refused = calls["by_status"].get("429", 0)
            bound = (calls["by_status"]["200"] / WINDOW_CALLS - 1) * WINDOW_S
            figures.append(
                Figure(
                    f"{name} ({start} calls in 30 s)",
                    f"{took:.0f} s, {refused} of {calls['total']} calls refused",
                    f"bound that the window sets: {bound:.0f} s",
                    f"{refused / calls['total']:.1%} refused; {took / bound:.2f} times the bound",
                    "at most 2 % refused",
                )
            )
    return figures


def _sync_s(demo: Demo, calls_per_30s: int) -> float:
    """One sync into an empty catalog, in seconds."""
    with fresh_database():
        for name, value in demo.environment().items():
            setattr(settings, name, [value] if name == "SPOTIFY_IMAGE_ORIGINS" else value)
        settings.SPOTIFY_CALLS_PER_30S = calls_per_30s
        operations.start("benchmark", "command")
        began = time.perf_counter()
        asyncio.run(SyncWorker(until_idle=True).handle())
        took = time.perf_counter() - began
        operation: dict[str, Any] = log.current_status()["operation"]
        assert operation["state"] == "completed" and not operation["failed"], operation["message"]
        return took


async def _one_by_one(demo: Demo) -> float:
    """The calls of the sync, each after the one before: as a plain script would make them."""
    origin = demo.origin
    async with aiohttp.ClientSession() as session:
        basic = aiohttp.BasicAuth("demo-client", "demo-secret")
        form = {"grant_type": "client_credentials"}
        async with session.post(f"{origin}/api/token", data=form, auth=basic) as answer:
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with session.get(f"{origin}/library") as answer:
            rows = (await answer.json())["rows"]
        began = time.perf_counter()
        for row in rows:
            query = urlencode(
                {"q": f"album:{row['album']} artist:{row['artist']}", "type": "album", "limit": 10}
            )
            async with session.get(f"{origin}/v1/search?{query}", headers=headers) as answer:
                found = (await answer.json())["albums"]["items"][0]["id"]
            async with session.get(f"{origin}/v1/albums/{found}", headers=headers) as answer:
                await answer.read()
        return time.perf_counter() - began
