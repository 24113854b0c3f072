"""Ways to append an event: the product's, those of others, and what it costs to leave things out.

Each takes a number that no earlier call in this process had. They need the settings of
`eventstream_settings` and a database that `prepare` has seen.
"""

import hashlib
import json
import os
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django_eventstream.storage import DjangoModelStorage
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from albums.models import Album
from albums.sources.enriched import Enriched
from albums.sources.sheet_rows import Row
from syncengine import log, operations, results
from syncengine.log import Fence
from syncengine.models import LogHead, SyncEvent
from syncengine.operations import LeaseWatch
from syncengine.plan import Task

ALBUMS = 100  # in the catalog, that change again and again
TRACKS = 12  # of each
TOTAL = 1_000_000  # albums that the sync says it has
SHEET = "5" * 64


def changed(number: int) -> None:
    """The product: an album has another label and cover, as a worker stores it."""
    album, row = _albums()[number % ALBUMS]
    label = f"Label {os.getpid()}-{number}"
    results.synced(_fence(), Task(row, album, None), _enriched(row, label), TOTAL)


def added(number: int) -> None:
    """The product: an album is new."""
    row = _row(number)
    results.synced(_fence(), Task(row, None, None), _enriched(row, "Label"), TOTAL)


def eventstream_changed(number: int) -> None:
    """django-eventstream: an event with the data of a change."""
    _eventstream().append_event("syncs", "album-synced", _data("updated"))


def eventstream_added(number: int) -> None:
    """django-eventstream: an event with the data of a new album."""
    _eventstream().append_event("syncs", "album-synced", _data("added"))


def eventsourcing_changed(number: int) -> None:
    """eventsourcing: an event of an aggregate, with the data of a change."""
    _save(_data("updated"))


def eventsourcing_added(number: int) -> None:
    """eventsourcing: an event of an aggregate, with the data of a new album."""
    _save(_data("added"))


def plain(number: int) -> None:
    """A row with the columns of an event, by the ORM."""
    PlainEvent.objects.create(**_columns())


def locked(number: int) -> None:
    """The same while the head of the log is locked."""
    with transaction.atomic():
        LogHead.objects.select_for_update().get()
        PlainEvent.objects.create(**_columns())


def chained(number: int) -> None:
    """The product: an event that changes nothing besides the log."""
    with log.appending() as appender:
        act = {"by": "ann", "what": "the log", "filter": {"data": _columns()["data"]}, "result": {}}
        appender.append("exported", act, None)


WAYS: dict[str, Callable[[int], None]] = {
    way.__name__: way
    for way in (
        changed,
        added,
        eventstream_changed,
        eventstream_added,
        eventsourcing_changed,
        eventsourcing_added,
        plain,
        locked,
        chained,
    )
}


def prepare() -> None:
    """Let a database that was just migrated have a sync that runs, a catalog, an event of each
    outcome, and the table of plain events."""
    with connection.schema_editor() as editor:
        editor.create_model(PlainEvent)
    operations.start("benchmark", "command")
    claim = operations.claim("benchmark", LeaseWatch())
    assert claim is not None
    sheet = {"stage": "sheet", "total": None, "sheet": None}
    spotify = {"stage": "spotify", "total": TOTAL, "sheet": SHEET}
    for stage in (sheet, spotify):
        operations.append(claim, "stage-started", stage)
    for number in range(ALBUMS):
        added(number)
    changed(0)


class PlainEvent(models.Model):
    """An event's columns, with an ordinary key."""

    operation = models.UUIDField(null=True)
    kind = models.CharField(max_length=30)
    version = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    data = models.TextField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    album = models.UUIDField(null=True)
    code = models.CharField(max_length=60, blank=True)
    person = models.CharField(max_length=500, blank=True)

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return self.kind


class Albums(Aggregate):
    """What eventsourcing has events of."""

    @event("AlbumSynced")
    def synced(self, data: dict[str, Any]) -> None:
        """One event more."""


def _save(data: dict[str, Any]) -> None:
    albums, application = _aggregate()
    albums.synced(data=data)
    application.save(albums)


@cache
def _aggregate() -> tuple[Albums, Application]:
    """On SQLite in a file beside the product's, on PostgreSQL in the same database."""
    database = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        return Albums(), Application(
            {
                "PERSISTENCE_MODULE": "eventsourcing.sqlite",
                "SQLITE_DBNAME": f"{database['NAME']}.eventsourcing",
            }
        )
    return Albums(), Application(
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": database["NAME"],
            "POSTGRES_HOST": database["OPTIONS"]["host"],
            "POSTGRES_PORT": "",
            "POSTGRES_USER": database["USER"],
            "POSTGRES_PASSWORD": database["PASSWORD"],
        }
    )


@cache
def _eventstream() -> DjangoModelStorage:
    return DjangoModelStorage()


@cache
def _fence() -> Fence:
    """What the worker of the sync shows."""
    unfinished = operations.unfinished_one()
    assert unfinished is not None
    return Fence(str(unfinished.pk), unfinished.token, unfinished.worker)


@cache
def _albums() -> list[tuple[str, Row]]:
    """The albums that were there first."""
    first = Album.objects.filter(row__lte=ALBUMS).order_by("row").values_list("pk", "row")
    return [(str(pk), _row(row - 1)) for pk, row in first]


@cache
def _data(outcome: str) -> dict[str, Any]:
    """What the product has stored of an album with this outcome."""
    return dict(json.loads(_event(outcome)["data"]))


@cache
def _columns() -> dict[str, Any]:
    columns = _event("updated")
    del columns["position"]
    return columns


def _event(outcome: str) -> dict[str, Any]:
    found = SyncEvent.objects.filter(data__contains=f'"outcome":"{outcome}"').values()
    return dict(found.order_by("position")[0])


def _row(number: int) -> Row:
    return Row(
        row=number + 1,
        key=f"name:{number:060}",
        artist=f"Artist {number % 700}",
        title=f"Blue Note {number}",
        year=1950 + number % 70,
        genres=("Jazz",),
        label="",
        spotify_id=None,
    )


def _enriched(row: Row, label: str) -> Enriched:
    tracks = [
        {"disc": 1, "number": n, "title": f"Track {n} of {row.title}", "duration_ms": 200_000 + n}
        | {"explicit": False}
        for n in range(1, TRACKS + 1)
    ]
    cover = hashlib.sha1(label.encode(), usedforsecurity=False).hexdigest()
    return Enriched(
        spotify_id=f"{row.row:022d}",
        title=row.title,
        artist=row.artist,
        release_date=f"{row.year}-05-01",
        year=row.year,
        album_type="album",
        total_tracks=TRACKS,
        tracks=tracks,
        cover_url=f"https://i.scdn.co/image/{cover}",
        genres=row.genres,
        label=label,
        spotify_url="",
        match_score=97,
        match_query=f"{row.artist} {row.title}",
    )
