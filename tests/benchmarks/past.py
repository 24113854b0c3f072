"""What the catalog as of a sync costs, with few versions an album and with many."""

import statistics
import time
import uuid
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Group, User
from django.test import Client

from albums.catalog import derived, versioned
from albums.fields import EMPTY, Fields
from albums.models import Album, AlbumVersion
from syncengine.models import LogHead, SyncOperation
from syncengine.roles import AUDITORS
from tests.benchmarks.database import fresh_database
from tests.benchmarks.report import Figure, show, spread

ALBUMS = 3475
FEW, MANY = 2, 100  # versions an album
RUNS = 10
TRACKS = 12
BATCH = 2000
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
ADDRESSES = ("", "&q=note+12&sort=year", "&since=changed", "&page=50&view=list")


def measure() -> None:
    few, many = _times_s(FEW), _times_s(MANY)
    show(
        f"The catalog as of a sync at {ALBUMS:,} albums with {MANY} versions each",
        [
            Figure(
                f"/?as-of=<sync>{address}",
                spread(many[address]),
                f"at {FEW} versions each: {spread(few[address])}",
                f"{statistics.median(many[address]) / statistics.median(few[address]):.1f} times",
                "under 1 s",
            )
            for address in ADDRESSES
        ],
    )


def _times_s(versions: int) -> dict[str, list[float]]:
    with fresh_database():
        operation = _write(versions)
        client = Client()
        user = User.objects.create(username="ann")
        user.groups.add(Group.objects.get(name=AUDITORS))
        client.force_login(user)
        times: dict[str, list[float]] = {address: [] for address in ADDRESSES}
        for run in range(RUNS + 1):
            for address in ADDRESSES:
                began = time.perf_counter()
                assert client.get(f"/?as-of={operation}{address}").status_code == 200
                if run:  # the first one compiles templates
                    times[address].append(time.perf_counter() - began)
        return times


def _write(versions: int) -> uuid.UUID:
    """The albums with their versions, and a sync in the middle of them all; returns its id."""
    ids = [uuid.UUID(int=number + 1) for number in range(ALBUMS)]
    last = versions * ALBUMS
    Album.objects.bulk_create(
        [
            Album(id=pk, key=f"k{n}", row=n + 2, position=last, added_at=BEGIN, **_all(n, versions))
            for n, pk in enumerate(ids)
        ]
    )
    batch: list[AlbumVersion] = []
    for version in range(1, versions + 1):
        for number, pk in enumerate(ids):
            position = (version - 1) * ALBUMS + number + 1
            batch.append(
                AlbumVersion(
                    album_id=pk,
                    position=position,
                    at=BEGIN + timedelta(seconds=position),
                    archived=False,
                    fields=versioned(_fields(number, version)),
                )
            )
        AlbumVersion.objects.bulk_create(batch, batch_size=BATCH)
        batch = []
    head = LogHead.objects.get()
    head.position = last
    head.save()
    return SyncOperation.objects.create(
        id=uuid.uuid4(),
        state="completed",
        requested_by="ann",
        requested_at=BEGIN,
        finished_at=BEGIN,
        first_position=1,
        last_position=last // 2,
    ).pk


def _fields(number: int, version: int) -> Fields:
    return dict(EMPTY) | {
        "artist": f"Artist {number % 700}",
        "title": f"Blue Note {number}",
        "year": 1950 + number % 70,
        "genres": [("Jazz", "Pop", "Rock", "Folk")[number % 4]],
        "label": f"Label {version}",
        "spotify_id": f"{number:022d}",
        "tracks": [
            {"disc": 1, "number": n, "title": f"Track {n}", "duration_ms": 200_000}
            | {"explicit": False}
            for n in range(1, TRACKS + 1)
        ],
    }


def _all(number: int, version: int) -> Fields:
    fields = _fields(number, version)
    return fields | derived(fields)
