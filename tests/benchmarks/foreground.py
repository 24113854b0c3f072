"""One sync in this process, by the worker that `manage.py sync` runs."""

import asyncio
import time

from django.conf import settings
from django.test import override_settings

from syncengine import log, operations
from syncengine.worker import SyncWorker
from tests.demo import Demo

UNLIMITED = 100_000  # calls in 30 s, where no window is in question


def sync_s(demo: Demo, calls_per_30s: int = UNLIMITED) -> float:
    """Sync the demo's sheet into the catalog that Django uses; returns the seconds that it took,
    from the request to the end of the worker."""
    with override_settings(SPOTIFY_CALLS_PER_30S=calls_per_30s, **_sources(demo)):
        began = time.perf_counter()
        operations.start("benchmark", "command")
        asyncio.run(SyncWorker(until_idle=True).handle())
        took_s = time.perf_counter() - began
    operation = log.current_status()["operation"]
    assert operation["state"] == "completed" and not operation["failed"], operation["message"]
    return took_s


def _sources(demo: Demo) -> dict[str, object]:
    """The demo's environment as the settings hold it."""
    return {
        name: [value] if isinstance(getattr(settings, name), list) else value
        for name, value in demo.environment().items()
    }
