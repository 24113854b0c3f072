"""Which workers are alive, for people to see. What is done decides by leases, not by this; only
`manage.py sync` asks whether it has to do the work itself."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from syncengine.models import WorkerPresence

FORGOTTEN_AFTER = timedelta(hours=1)  # a worker that was killed leaves its name behind
# Three times as long as a worker is silent between two signs of life: with the next heartbeat a
# page knows within ten seconds. `WORKER_MISSING_MS` of the live page is the same.
ALIVE_FOR = timedelta(seconds=6)


def seen(worker: str) -> None:
    """Note that a worker is alive, and forget those that have long been gone."""
    now = timezone.now()
    WorkerPresence.objects.update_or_create(name=worker, defaults={"seen_at": now})
    WorkerPresence.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()


def gone(worker: str) -> None:
    """A worker that stops says so, and pages need not wait to find out."""
    WorkerPresence.objects.filter(name=worker).delete()


@dataclass
class PresenceWatch:
    """Sees when any worker was last alive. What has come since its last look it dates by this
    observer's own clocks, so that a worker whose wall clock is wrong, or was, neither seems dead
    nor outlives its death."""

    clock: Callable[[], float] = time.monotonic  # seconds
    _seen: dict[str, tuple[datetime, float]] = field(default_factory=dict, init=False)
    """By worker: what it wrote last, and when that was by `clock`."""
    _looked_at: float | None = field(default=None, init=False)

    def last_seen_at(self) -> datetime | None:
        """Look again; when any worker was last alive."""
        return self.note(WorkerPresence.objects.values_list("name", "seen_at"))

    def note(self, stored: Iterable[tuple[str, datetime]]) -> datetime | None:
        """Take what the workers have just been seen to have written, by their names; when any was
        last alive."""
        now, moment = timezone.now(), self.clock()
        self._seen = {name: self._dated(name, at, now, moment) for name, at in stored}
        self._looked_at = moment
        if not self._seen:
            return None
        newest = max(alive_at for _, alive_at in self._seen.values())
        return now - timedelta(seconds=moment - newest)

    def is_alive(self) -> bool:
        """Look again; whether any worker has been alive just now."""
        seen_at = self.last_seen_at()
        return seen_at is not None and timezone.now() - seen_at < ALIVE_FOR

    def _dated(
        self, name: str, written: datetime, now: datetime, moment: float
    ) -> tuple[datetime, float]:
        if name in self._seen and self._seen[name][0] == written:
            return self._seen[name]
        age_s = (now - written).total_seconds()
        most_s = math.inf if self._looked_at is None else moment - self._looked_at
        return written, moment - age_s if 0 <= age_s <= most_s else moment


def last_seen_at() -> datetime | None:
    """When any worker was last alive, as far as a single look can tell."""
    return PresenceWatch().last_seen_at()


def is_alive() -> bool:
    """Whether any worker has been seen just now, as far as a single look can tell."""
    return PresenceWatch().is_alive()
