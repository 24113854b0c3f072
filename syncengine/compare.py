"""Two syncs side by side: which rows fail anew, still or no more, and what changed between them."""

import json
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from albums.past import Difference, difference
from albums.sources.folding import fold
from syncengine.history import events_of
from syncengine.models import SyncOperation

Trace = tuple[Any, ...]
Failure = dict[str, Any]  # the data of an album-failed event, with its `position`


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the failures of an earlier sync in a later one, and what differs between the
    catalogs that the two left behind.

    `healed` are those that the later one synced; `untouched` those that it did not come to, because
    the row is gone, or it was cancelled or about other rows.
    """

    newly_failing: Sequence[Failure]
    still_failing: Sequence[Failure]
    healed: Sequence[Failure]
    untouched: Sequence[Failure]
    catalog: Difference


def compare(earlier: SyncOperation, later: SyncOperation) -> Comparison:
    """Compare two finished syncs, in the order of the log."""
    before, after = _failures(earlier), _failures(later)
    new, still = _parted(after, {name for failure in before for name in _names(failure)})
    gone, _ = _parted(before, {name for failure in after for name in _names(failure)})
    # Of what is left, a row that was corrected and fails again has another key at the same place.
    new, again = _parted(new, {place for failure in gone for place in _places(failure)}, _places)
    gone, _ = _parted(gone, {place for failure in again for place in _places(failure)}, _places)
    catalog = difference(earlier.last_position, later.last_position)
    came = {str(album.pk) for album in catalog.added}
    untouched, healed = _parted(gone, _synced(later, came) if gone else set(), _traces)
    return Comparison(
        newly_failing=new,
        still_failing=sorted([*still, *again], key=lambda failure: failure["position"]),
        healed=healed,
        untouched=untouched,
        catalog=catalog,
    )


def one_before(sync: SyncOperation) -> SyncOperation | None:
    """The sync right before this one. It has ended: there is never more than one unfinished."""
    earlier = SyncOperation.objects.filter(first_position__lt=sync.first_position)
    return earlier.order_by("-first_position").first()


def syncs_between(earlier: SyncOperation, later: SyncOperation) -> int:
    """How many syncs there were between these two."""
    return SyncOperation.objects.filter(
        first_position__gt=earlier.first_position, first_position__lt=later.first_position
    ).count()


def _failures(operation: SyncOperation) -> list[Failure]:
    rows = events_of(str(operation.pk), "album-failed").values_list("position", "data")
    return [json.loads(data) | {"position": position} for position, data in rows]


def _parted(
    failures: Iterable[Failure],
    known: set[Trace],
    traces: Callable[[Failure], Iterable[Trace]] | None = None,
) -> tuple[list[Failure], list[Failure]]:
    """Those that leave none of the `known` traces, and those that do."""
    parts: tuple[list[Failure], list[Failure]] = ([], [])
    for failure in failures:
        parts[not known.isdisjoint((traces or _names)(failure))].append(failure)
    return parts


def _names(failure: Failure) -> Iterable[Trace]:
    """What a row is known by: the album that it has, and its key."""
    names: list[Trace] = [("key", failure["key"])]
    return [*names, ("album", failure["album"])] if failure["album"] else names


def _traces(failure: Failure) -> Iterable[Trace]:
    """What a row is found again by once it is synced. Whoever corrects a row, as most failures ask
    for, gives it another key: then its place and its artist or title are the same."""
    return [*_names(failure), *_places(failure)]


def _places(data: dict[str, Any]) -> Iterable[Trace]:
    return [(name, data["row"], fold(data[name])) for name in ("artist", "title") if data.get(name)]


def _synced(operation: SyncOperation, came: Container[str]) -> set[Trace]:
    """The traces of all rows that a sync dealt with and that did not fail.

    Places only of the albums that `came`: where rows were moved, an album that was there before
    stands at the place of another row, often of the same artist.
    """
    found: set[Trace] = set()
    events = events_of(str(operation.pk), "album-synced", "albums-unchanged")
    for text in events.values_list("data", flat=True).iterator():
        data = json.loads(text)
        if "albums" in data:
            for known in data["albums"]:
                found.update(_names(known))
        else:
            found.update(_traces(data) if data["album"] in came else _names(data))
    return found
