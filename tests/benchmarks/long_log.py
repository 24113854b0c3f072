"""A log of any length with everything that follows from it, written in bulk.

It is one that the product could have written: the chain holds, every event is what `schemas` asks
for, and catalog, versions, operations and status are what the log says, so `verifylog` and
`rebuild` find nothing. The same length is always the same log, but for its id.
"""

import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from json import JSONEncoder
from typing import Any

from django.db import connection, transaction

from albums.catalog import derived, fields_of
from albums.fields import difference
from albums.models import Album, AlbumVersion
from syncengine import log
from syncengine.events import Event, canonical, chain_hash, instant
from syncengine.log import search_columns
from syncengine.models import SyncEvent, SyncOperation
from syncengine.rebuild import Rebuilt
from tests.benchmarks import bulk

Told = tuple[str, dict[str, Any]]  # an event: its kind and its data

EVENTS_A_SYNC = 200
EVENTS_AROUND = 6  # of each sync, besides those of albums: five at its beginning, and its end
ALBUMS = 3475
ADDED_A_SYNC = 120  # at most: the first syncs fill the catalog
LEFT_ALONE = 40  # albums that one event of each sync names
TRACKS = 12
SYNCS_A_BATCH = 50
ROWS_A_WRITE = 1000

PEOPLE = ("ann", "bob", "eve", "the schedule")
TRIGGERS = ("button", "api", "schedule")
CODES = ("album-no-match", "album-weak-match", "album-not-found", "row-incomplete")
RARE_CODE = "album-taken-down"  # in one of the oldest syncs
RARE_SYNC = 3
FAILING = (0, 0, 1, 5, 40)  # albums of a sync
UPDATED_SHARE = 0.4  # of the albums that neither come nor fail
FAILED_SHARE = 0.1  # of all syncs, as a whole
HOURS_BETWEEN = 8
NEW_YEAR = datetime(2020, 1, 1, tzinfo=UTC)
SHEET = "5" * 64

# `events.canonical` without its look at every value: a test sees that each one can be stored.
_canonical = JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


class LongLog:
    """The log of the database in use, which was empty, and grows."""

    def __init__(self) -> None:
        self._chance = random.Random(7)
        self._log_id = log.head().log_id
        self._rebuilt = Rebuilt(self._log_id)
        self._syncs = 0
        self._now = NEW_YEAR
        self._events: list[SyncEvent] = []

    def grow(self, events: int) -> None:
        """Append whole syncs until there are at least so many events."""
        for recorded in log.events_between(self._rebuilt.status["position"], log.head().position):
            self._rebuilt.apply(recorded)  # what auditors did meanwhile
        with bulk.in_a_hurry():
            self._grow(events)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE)")  # as its autovacuum does in time

    def _grow(self, events: int) -> None:
        while self._rebuilt.status["position"] < events:
            begun = set(self._rebuilt.albums)
            until = self._syncs + SYNCS_A_BATCH
            while self._syncs < until and self._rebuilt.status["position"] < events:
                self._sync(self._told())
            with transaction.atomic():
                self._save(begun)
        with transaction.atomic():
            self._save_albums()

    def append(self, told: Iterable[Told]) -> None:
        """Append one more sync, of just these events."""
        begun = set(self._rebuilt.albums)
        with bulk.in_a_hurry(), transaction.atomic():
            self._sync(told)
            self._save(begun)
            self._save_albums()

    def _sync(self, told: Iterable[Told]) -> None:
        self._now = max(self._now, NEW_YEAR + timedelta(hours=HOURS_BETWEEN * self._syncs))
        operation = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        for kind, data in told:
            self._append(kind, data, operation)
        self._syncs += 1

    def _append(self, kind: str, data: dict[str, Any], operation: str) -> None:
        self._now += timedelta(milliseconds=self._chance.choice((180, 420, 1000, 2345)))
        text, at = _canonical(data), instant(self._now)
        before = self._rebuilt.status
        position, previous = before["position"] + 1, before["hash"]
        hash_ = chain_hash(previous, position, operation, kind, 1, at, text)
        event = Event(position, operation, kind, 1, at, data, previous, hash_)
        self._rebuilt.apply(event)
        self._events.append(
            SyncEvent(
                position=position,
                operation=uuid.UUID(operation),
                kind=kind,
                version=1,
                at=self._now,
                data=text,
                previous_hash=previous,
                hash=hash_,
                **search_columns(event),
            )
        )

    def _told(self) -> Iterator[Told]:
        """The events of one sync as (kind, data), each made when the one before was appended."""
        chance = self._chance
        scope = {"mode": "full", "keys": [], "confirm": None}
        by, trigger = chance.choice(PEOPLE), chance.choice(TRIGGERS)
        yield "requested", {"by": by, "trigger": trigger, "scope": scope}
        yield "started", {"worker": "w-1", "attempt": 1}
        yield "stage-started", {"stage": "sheet", "total": None, "sheet": None}
        known = len(self._rebuilt.albums)
        added = range(known, min(ALBUMS, known + ADDED_A_SYNC))
        single = EVENTS_A_SYNC - EVENTS_AROUND - (known > 0)  # one event names those left alone
        present = chance.sample(range(known), min(known, LEFT_ALONE + single - len(added)))
        alone, present = present[:LEFT_ALONE], present[LEFT_ALONE:]
        total = len(alone) + single
        for stage in ("spotify", "albums"):
            yield "stage-started", {"stage": stage, "total": total, "sheet": SHEET}
        if alone:
            places = [_place(number) for number in sorted(alone)]
            yield "albums-unchanged", {"albums": places, "n": len(alone), "total": total}
        # In the first syncs the catalog is small, and the other rows have no album.
        unknown = range(ALBUMS, ALBUMS + single - len(added) - len(present))
        albums = self._one_by_one(added, [*present, *unknown])
        for n, (kind, data) in enumerate(albums, start=len(alone) + 1):
            yield kind, data | {"n": n, "total": total}
        if chance.random() < FAILED_SHARE:
            texts = {"message": "Network error.", "remedy": "Try again when Spotify answers."}
            yield "failed", {"code": "network", **texts, "details": {}}
            return
        operation = self._rebuilt.status["operation"]
        counts = ("total", "synced", "failed", "added", "updated", "unchanged", "removed")
        yield "completed", {name: operation[name] for name in counts}

    def _one_by_one(self, added: Iterable[int], rows: Sequence[int]) -> Iterator[Told]:
        """Albums that come, and then rows that fail, are the same or have another label."""
        chance, is_rare = self._chance, self._syncs == RARE_SYNC
        failing = 1 if is_rare else chance.choice(FAILING)
        for number in added:
            yield "album-synced", _synced(number, None, _fields(number, self._now))
        for nth, number in enumerate(rows):
            if nth < failing or number >= ALBUMS:
                code = RARE_CODE if is_rare and nth == 0 else chance.choice(CODES)
                yield "album-failed", _failed(number, code)
                continue
            old = self._rebuilt.albums[_id(number)].fields
            new = old | {"fetched_at": instant(self._now)}
            if chance.random() < UPDATED_SHARE:
                new["label"] = f"Label {self._syncs}"
            yield "album-synced", _synced(number, old, new)

    def _save(self, begun: set[str]) -> None:
        """Write what the newest syncs were, and what follows of it but how albums stand now."""
        rebuilt = self._rebuilt
        bulk.insert(SyncEvent, self._events)
        bulk.insert(Album, (row for row in self._albums() if str(row.pk) not in begun))
        bulk.insert(AlbumVersion, rebuilt.version_rows())
        bulk.insert(SyncOperation, rebuilt.operation_rows())
        self._events = []
        rebuilt.versions.clear()
        rebuilt.operations.clear()
        head = log.head()
        head.position, head.hash = rebuilt.status["position"], rebuilt.status["hash"]
        head.status = canonical(rebuilt.status)
        head.save()

    def _save_albums(self) -> None:
        columns = [field.name for field in Album._meta.fields if not field.primary_key]
        Album.objects.bulk_create(
            self._albums(),
            batch_size=ROWS_A_WRITE,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=columns,
        )

    def _albums(self) -> Iterator[Album]:
        for row in self._rebuilt.album_rows():
            for name, value in derived(fields_of(row)).items():
                setattr(row, name, value)
            yield row


def write(events: int) -> None:
    """Fill the empty log of the database in use with at least so many events."""
    LongLog().grow(events)


def _id(number: int) -> str:
    return str(uuid.UUID(int=number + 1, version=4))


def _place(number: int) -> dict[str, Any]:
    return {"album": _id(number), "key": f"name:{number}", "row": number + 2}


def _fields(number: int, fetched: datetime) -> dict[str, Any]:
    title = f"Blue Note {number}"
    artist = f"Artist {number % 700}"
    return {
        "artist": artist,
        "title": title,
        "year": 1950 + number % 70,
        "genres": [("Jazz", "Pop", "Rock", "Folk")[number % 4]],
        "label": "Label 0",
        "spotify_id": f"{number:022d}",
        "spotify_title": title,
        "spotify_artist": artist,
        "release_date": f"{1950 + number % 70}-05-01",
        "album_type": "album",
        "total_tracks": TRACKS,
        "tracks": [
            {"disc": 1, "number": n, "title": f"Track {n} of {title}", "duration_ms": 200_000 + n}
            | {"explicit": False}
            for n in range(1, TRACKS + 1)
        ],
        "cover_url": f"https://i.scdn.co/image/{number:040x}",
        "match_score": 97,
        "match_query": f"{artist} {title}",
        "row_digest": f"{number:064x}",
        "fetched_at": instant(fetched),
        "archived": False,
    }


def _synced(number: int, old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    changes = difference(old, new)
    outcome = "added" if old is None else "updated" if "label" in changes else "unchanged"
    names = {"artist": new["artist"], "title": new["title"]}
    return {**_place(number), **names, "outcome": outcome, "changes": changes}


def _failed(number: int, code: str) -> dict[str, Any]:
    """Of an album that is there, or of a row that has none."""
    return {
        **_place(number),
        "album": _id(number) if number < ALBUMS else None,
        "artist": f"Artist {number % 700}",
        "title": f"Blue Note {number}",
        "code": code,
        "message": "Spotify's search found no album.",
        "remedy": "Check the spelling of artist and title.",
        "candidates": [],
    }
