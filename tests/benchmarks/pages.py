"""What the catalog page costs the server at 10,000 albums, against itself at 100."""

import statistics
import time
import uuid
from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.test import Client

from albums.catalog import derived
from albums.fields import EMPTY
from albums.models import Album
from tests.benchmarks.database import fresh_database
from tests.benchmarks.report import Figure, show, spread

FEW, MANY = 100, 10_000
TRACKS = 12  # of an album
RUNS = 20
ADDRESSES = ("/", "/?page=2", "/?q=blue+note+12", "/?genre=Jazz&sort=year", "/?view=list")


def measure() -> None:
    few, many = (_times_s(count) for count in (FEW, MANY))
    show(
        f"The catalog page at {MANY:,} albums",
        [
            Figure(
                address,
                spread(many[address]),
                f"at {FEW} albums: {spread(few[address])}",
                f"{statistics.median(many[address]) / statistics.median(few[address]):.1f} times",
                "first paint within 1 s, search within 100 ms",
            )
            for address in ADDRESSES
        ],
    )


def _times_s(count: int) -> dict[str, list[float]]:
    with fresh_database():
        Album.objects.bulk_create([album(number) for number in range(count)])
        client = Client()
        client.force_login(User.objects.create(username="ann"))
        times: dict[str, list[float]] = {address: [] for address in ADDRESSES}
        for run in range(RUNS + 1):
            for address in ADDRESSES:
                began = time.perf_counter()
                assert client.get(address).status_code == 200
                if run:  # the first one counts genres and compiles templates
                    times[address].append(time.perf_counter() - began)
        return times


def album(number: int, **others: str) -> Album:
    """One that has not been saved; some of its fields may be `others`."""
    fields = dict(EMPTY) | {
        "artist": f"Artist {number % 700}",
        "title": f"Blue Note {number}",
        "year": 1950 + number % 70,
        "genres": [("Jazz", "Pop", "Rock", "Folk")[number % 4]],
        "label": f"Label {number % 90}",
        "spotify_id": f"{number:022d}",
        "total_tracks": TRACKS,
        "tracks": [
            {"disc": 1, "number": track, "title": f"Blue Song {track}", "duration_ms": 200_000}
            for track in range(1, TRACKS + 1)
        ],
        **others,
    }
    return Album(
        id=uuid.uuid4(),
        key=f"spotify:{number:022d}",
        row=number + 2,
        position=number + 1,
        added_at=datetime(2026, 1, 1, tzinfo=UTC),
        **fields,
        **derived(fields),
    )
