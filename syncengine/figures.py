"""What the database has for Prometheus, read at each scrape, whatever the length of the log.

The README has a table of every name. Every process tells the same, but for what it saw by its own
clock. Without the database there is one figure: that it is down.
"""

import math
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import Error
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from syncengine import log, operations
from syncengine.models import Finding, SpotifyCalls, SyncOperation
from syncengine.operations import LeaseWatch
from syncengine.outages import LogMissing
from syncengine.presence import PresenceWatch
from syncengine.projection import UNFINISHED_STATES

ENDS = ("completed", "warnings", "failed", "cancelled")


class Figures(Collector):
    """One for each process: it remembers when it saw the lease renewed, and a worker alive."""

    def __init__(self) -> None:
        self._reading = threading.Lock()  # one scrape at a time; others have the same to tell
        self._lease = LeaseWatch()
        self._workers = PresenceWatch()
        self._ends = _Ends()

    def collect(self) -> Iterator[Metric]:
        found: list[Metric] = []
        is_up = True
        try:
            with self._reading:
                found.extend(self._read())
        except LogMissing:
            pass  # the database answers; what was read before stands
        except Error:
            is_up, found = False, []
        yield _gauge("database_up", "Whether this process can read the database.", is_up)
        yield from found

    def _read(self) -> Iterator[Metric]:
        unfinished = operations.unfinished_one()
        yield _unfinished(unfinished)
        yield self._ended()
        yield self._lease_age(unfinished)
        yield self._worker_silence()
        yield _budget_left()
        sound = not Finding.objects.exists()
        yield _gauge("log_sound", "Whether the newest verification found the log sound.", sound)
        head = log.head()
        yield _gauge("log_head", "The position of the newest event.", head.position)
        synced_at = head.current_status()["last_synced_at"]
        yield _gauge(
            "last_synced_timestamp_seconds",
            "When the newest whole sync was completed; 0: never.",
            datetime.fromisoformat(synced_at).timestamp() if synced_at else 0,
        )

    def _ended(self) -> Metric:
        counted = self._ends.count()
        family = CounterMetricFamily(
            "groovelog_operations_ended_total",
            "Syncs that have ended, by their end.",
            labels=["end"],
        )
        for end in ENDS:
            family.add_metric([end], counted[end])
        return family

    def _lease_age(self, unfinished: SyncOperation | None) -> Metric:
        age_s = self._lease.age_s(unfinished) if unfinished and unfinished.worker else 0.0
        return _gauge(
            "lease_age_seconds",
            "Since this process saw the owner of the unfinished sync renew its lease.",
            age_s,
        )

    def _worker_silence(self) -> Metric:
        seen_at = self._workers.last_seen_at()
        silence_s = math.inf if seen_at is None else (timezone.now() - seen_at).total_seconds()
        text = "Since any worker was last seen alive; +Inf where there is none."
        return _gauge("worker_silence_seconds", text, max(0.0, silence_s))


class _Ends:
    """How many syncs came to which end. An end is for ever, so each is read once: the newest one
    is read again, to see that it is still there (in a restored backup it may not be)."""

    def __init__(self) -> None:
        self._newest: tuple[int, UUID] | None = None
        self._counted: Counter[str] = Counter()

    def count(self) -> Counter[str]:
        ended = SyncOperation.objects.filter(finished_at__isnull=False).order_by("first_position")
        rows = ended.values_list("first_position", "pk", "state", "failed")
        new = list(rows.filter(first_position__gte=self._newest[0]) if self._newest else rows)
        if self._newest is not None:
            if not new or new[0][:2] != self._newest:
                self._newest = None
                self._counted.clear()
                return self.count()
            del new[0]
        self._counted.update(
            "warnings" if state == "completed" and failed else state for *_, state, failed in new
        )
        if new:
            self._newest = new[-1][:2]
        return self._counted


def _unfinished(operation: SyncOperation | None) -> Metric:
    family = GaugeMetricFamily(
        "groovelog_operations_unfinished", "Unfinished syncs by state.", labels=["state"]
    )
    for state in UNFINISHED_STATES:
        family.add_metric([state], float(operation is not None and operation.state == state))
    return family


def _budget_left() -> Metric:
    left = math.inf
    if per_day := settings.SPOTIFY_DAILY_BUDGET:
        today = SpotifyCalls.objects.filter(day=timezone.now().date())
        left = max(0, per_day - (today.values_list("calls", flat=True).first() or 0))
    text = "Calls to Spotify that are left of today's budget; +Inf where there is none."
    return _gauge("spotify_budget_left_calls", text, left)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"groovelog_{name}", text, value=float(value))
