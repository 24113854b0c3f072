"""Where the log stood at a moment of the past."""

from datetime import datetime

from syncengine.models import SyncEvent


def position_at(moment: datetime) -> int:
    """The position of the newest event that was recorded at or before `moment`, 0 before the first.

    Clocks were set back now and then: of the events that claim the same time the last one counts.
    """
    until = SyncEvent.objects.filter(at__lte=moment).order_by("-at", "-position")
    return until.values_list("position", flat=True).first() or 0


def first_moment() -> datetime | None:
    """When the log begins, None while it is empty."""
    return SyncEvent.objects.order_by("position").values_list("at", flat=True).first()
