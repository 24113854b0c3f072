"""Which operations an audit asks for: found by what they are and by what happened in them.

An operation is the only unfinished one until it ends, so its events are those from its first
position to its last: what happened in it is one look into an index of the log by position, however
long the log is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When

from albums.catalog import plain
from albums.models import Album
from syncengine.events import Event
from syncengine.models import SyncEvent, SyncOperation
from syncengine.schemas import MAX_SAFE_INTEGER

STATES: Mapping[str, Q] = {
    "pending": Q(state="pending"),
    "running": Q(state="running"),
    "waiting": Q(state="waiting"),
    "completed": Q(state="completed", failed=0),
    "warnings": Q(state="completed", failed__gt=0),
    "failed": Q(state="failed"),
    "cancelled": Q(state="cancelled"),
}
OPERATIONS_A_READ = 500
MAX_CHOICES = 100  # of people and codes; any other one can be typed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an operation must be to be found; the default is any."""

    since: date | None = None  # days of UTC, both included, on which it was asked for
    until: date | None = None
    state: str = ""  # a key of STATES
    by: str = ""
    trigger: str = ""
    album: UUID | None = None  # that it added, updated, checked or archived, or that failed in it
    code: str = ""  # of its own error, or of an album that failed in it


def found(wanted: Wanted, before: int | None = None, limit: int = 50) -> list[SyncOperation]:
    """The newest operations first; `before` is the `first_position` to go on from."""
    operations = _matching(wanted).order_by("-first_position")
    if before is not None:
        operations = operations.filter(first_position__lt=before)
    return list(operations[:limit])


def in_order(wanted: Wanted) -> Iterator[SyncOperation]:
    """All of them, the oldest first; read in pages, since whoever asks may take long."""
    operations, after = _matching(wanted).order_by("first_position"), 0
    while page := list(operations.filter(first_position__gt=after)[:OPERATIONS_A_READ]):
        yield from page
        after = page[-1].first_position


def _matching(wanted: Wanted) -> QuerySet[SyncOperation]:
    operations = SyncOperation.objects.all()
    if wanted.since is not None:
        first = datetime.combine(wanted.since, time.min, UTC)
        operations = operations.filter(requested_at__gte=first)
    if wanted.until is not None:
        last = datetime.combine(wanted.until, time.max, UTC)
        operations = operations.filter(requested_at__lte=last)
    if wanted.state:
        operations = operations.filter(STATES[wanted.state])
    if wanted.by:
        operations = operations.filter(requested_by=wanted.by)
    if wanted.trigger:
        operations = operations.filter(trigger=wanted.trigger)
    if wanted.album is not None:
        operations = _having(operations, SyncEvent.objects.filter(album=wanted.album))
    if wanted.code:
        operations = _having(operations, _with_code().filter(code=wanted.code))
    return operations


def _having(
    operations: QuerySet[SyncOperation], events: QuerySet[SyncEvent]
) -> QuerySet[SyncOperation]:
    end = Case(
        When(finished_at__isnull=False, then=F("last_position")),
        default=MAX_SAFE_INTEGER,  # more may come
        output_field=BigIntegerField(),
    )
    inside = events.filter(position__gte=OuterRef("first_position"), position__lte=OuterRef("end"))
    return operations.alias(end=end).filter(Exists(inside))


def _with_code() -> QuerySet[SyncEvent]:
    """Said in the words of the index `event_by_code`, which SQLite else does not use."""
    return SyncEvent.objects.exclude(code="")


def first_failures(operations: Iterable[SyncOperation]) -> dict[UUID, Event]:
    """The first album that failed in each of these operations, by its id; none where none did."""
    failed = SyncEvent.objects.filter(operation=OuterRef("pk"), kind="album-failed")
    first = Subquery(failed.order_by("position").values("position")[:1])
    wanted = [operation.pk for operation in operations if operation.failed != 0]
    positions = SyncOperation.objects.filter(pk__in=wanted).values_list(first, flat=True)
    rows = SyncEvent.objects.filter(pk__in=[place for place in positions if place is not None])
    return {row.operation: row.as_event() for row in rows if row.operation is not None}


def people() -> list[str]:
    """Who asked for syncs, by name; at most MAX_CHOICES."""
    names = SyncOperation.objects.order_by("requested_by").values_list("requested_by", flat=True)
    return list(names.distinct()[:MAX_CHOICES])


def codes() -> list[str]:
    """The error codes in the log, in order; at most MAX_CHOICES. One look into the index for each,
    since DISTINCT would read every failure there ever was."""
    known: list[str] = []
    events = _with_code().order_by("code").values_list("code", flat=True)
    while len(known) < MAX_CHOICES:
        following = events.filter(code__gt=known[-1]) if known else events
        code = following.first()
        if code is None:
            break
        known.append(code)
    return known


def album(album_id: UUID) -> Album | None:
    """The album with this id, archived ones included."""
    return Album.objects.filter(pk=album_id).only("artist", "title").first()


def albums_called(words: str, limit: int) -> list[Album]:
    """At most `limit` albums, archived ones included, in whose artist, title, label or genres
    every one of these words occurs, whatever case and accents."""
    albums = Album.objects.only("artist", "title", "year")
    for word in plain(words).split():
        albums = albums.filter(search_text__contains=word)
    return list(albums.order_by("sort_artist", "year", "sort_title", "pk")[:limit])
