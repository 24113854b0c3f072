"""The calls to Spotify of each day, counted for all syncs and workers together."""

from datetime import date

from albums.sources.budget import Grant
from syncengine.models import SpotifyCalls


def reserve(day: date, wanted: int, per_day: int) -> Grant:
    """Set aside up to `wanted` calls of a UTC day, as many as are left; they count as made.

    Whoever reserves at the same time sees another number and takes the next ones: the budget
    holds however many workers there are.
    """
    SpotifyCalls.objects.get_or_create(day=day)
    while True:
        made = SpotifyCalls.objects.values_list("calls", flat=True).get(day=day)
        granted = max(0, min(wanted, per_day - made))
        counted = SpotifyCalls.objects.filter(day=day, calls=made).update(calls=made + granted)
        if counted == 1:
            return Grant(granted, max(0, per_day - made - granted))
