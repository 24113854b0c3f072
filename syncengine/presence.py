"""Which workers are alive, for people to see. What is done decides by leases, not by this; only
`manage.py sync` asks whether it has to do the work itself."""

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


def last_seen_at() -> datetime | None:
    """When any worker was last alive."""
    return WorkerPresence.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()


def is_alive() -> bool:
    """Whether any worker has been seen just now."""
    seen_at = last_seen_at()
    return seen_at is not None and timezone.now() - seen_at < ALIVE_FOR
