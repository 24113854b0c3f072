"""Make every projection again from the log alone, into a scratch copy in memory, and compare; or
put the copy in the place of what is stored."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from albums import catalog
from albums.catalog import derived, fields_of, versioned
from albums.fields import Changes, Fields, is_visible, patched
from albums.models import Album, AlbumVersion
from syncengine import log
from syncengine.events import Event
from syncengine.log import Appender
from syncengine.models import SPOILED, SyncOperation
from syncengine.projection import Gap, Status, apply, empty
from syncengine.projectors import operation_columns
from syncengine.schemas import ALBUM_KINDS

ROWS_A_WRITE = 200


class Unfinished(Exception):
    """A sync has not ended: its lease is no projection, and would be lost."""


@dataclass
class FoldedAlbum:
    """An album as the log alone has it."""

    fields: Fields
    key: str
    row: int
    added_at: datetime
    position: int


class Rebuilt:
    """The projections, made from the log: `status`, `albums`, `versions`, `operations`."""

    def __init__(self, log_id: str) -> None:
        self.status: Status = empty(log_id)
        self.albums: dict[str, FoldedAlbum] = {}
        self.versions: dict[tuple[str, int], tuple[Fields, bool, datetime]] = {}
        self.operations: dict[str, dict[str, Any]] = {}

    def apply(self, event: Event) -> None:
        self.status = apply(self.status, event)
        if event.kind == "album-synced":
            self._change(event, event.data["changes"])
        elif event.kind == "album-removed":
            self._change(event, {"archived": [False, True]})
        elif event.kind == "albums-unchanged":
            for known in event.data["albums"]:
                self._place(self.albums[known["album"]], known)
        elif event.operation is not None and event.kind not in ALBUM_KINDS:
            columns = operation_columns(self.status["operation"], event)
            begun = {"first_position": event.position, "catalog": 1}
            self.operations.setdefault(event.operation, begun)
            self.operations[event.operation] |= columns

    def album_rows(self) -> Iterator[Album]:
        """The albums as they are to be stored."""
        for album_id, album in self.albums.items():
            yield Album(
                id=uuid.UUID(album_id),
                key=album.key,
                row=album.row,
                added_at=album.added_at,
                position=album.position,
                **album.fields,
            )

    def version_rows(self) -> Iterator[AlbumVersion]:
        for (album_id, position), (fields, archived, at) in self.versions.items():
            yield AlbumVersion(
                album_id=uuid.UUID(album_id),
                position=position,
                at=at,
                archived=archived,
                fields=fields,
            )

    def operation_rows(self) -> Iterator[SyncOperation]:
        for operation_id, columns in self.operations.items():
            yield SyncOperation(id=uuid.UUID(operation_id), **columns)

    def _change(self, event: Event, changes: Changes) -> None:
        album_id, at = event.data["album"], datetime.fromisoformat(event.at)
        album = self.albums.setdefault(
            album_id, FoldedAlbum(patched(None, {}), "", 0, at, event.position)
        )
        album.fields = patched(album.fields, changes)
        album.position = event.position
        if event.kind == "album-synced":
            self._place(album, event.data)
        if is_visible(changes):
            version = (versioned(album.fields), album.fields["archived"], at)
            self.versions[album_id, event.position] = version

    @staticmethod
    def _place(album: FoldedAlbum, place: dict[str, Any]) -> None:
        album.key, album.row = place["key"], place["row"]


def differences() -> Iterator[str]:
    """What the stored projections say that the log does not, a sentence each. Raises Gap where the
    log itself does not hold."""
    with _at_the_head() as (appender, rebuilt):
        yield from _differences(appender, rebuilt)


def replace() -> list[str]:
    """Put what the log says in the place of every stored projection, in one transaction; returns
    the differences that there were. Raises Unfinished, and Gap where the log does not hold."""
    with _at_the_head() as (appender, rebuilt):
        newest = rebuilt.status["operation"]
        if newest and newest["finished_at"] is None:
            raise Unfinished(newest["id"])
        found = list(_differences(appender, rebuilt))
        if found:
            catalog.replace_all(rebuilt.album_rows(), rebuilt.version_rows())
            SyncOperation.objects.all().delete()
            SyncOperation.objects.bulk_create(rebuilt.operation_rows(), batch_size=ROWS_A_WRITE)
            appender.status = rebuilt.status
    return found


@contextmanager
def _at_the_head() -> Iterator[tuple[Appender, Rebuilt]]:
    """The projections of the whole log, in a transaction that keeps others from appending.

    The log is folded first; its lock is held only for the last few events and what the caller does.
    """
    head = log.head()
    rebuilt = Rebuilt(head.log_id)
    _apply(rebuilt, 0, head.position)
    with log.appending() as appender:
        _apply(rebuilt, head.position, appender.status["position"])
        yield appender, rebuilt


def _apply(rebuilt: Rebuilt, after: int, until: int) -> None:
    """Apply the events after `after` up to `until`. Raises Gap where nothing follows from one."""
    position = after
    try:
        for event in log.events_between(after, until):
            rebuilt.apply(event)
            position = event.position
    except Gap:
        raise
    except SPOILED as error:
        raise Gap(f"what follows position {position} cannot be read") from error


def _differences(appender: Appender, rebuilt: Rebuilt) -> Iterator[str]:
    if appender.status != rebuilt.status:
        yield "the status is not the fold of the log"
    yield from _album_differences(rebuilt)
    yield from _version_differences(rebuilt)
    yield from _operation_differences(rebuilt)


def _album_differences(rebuilt: Rebuilt) -> Iterator[str]:
    missing = set(rebuilt.albums)
    for album in Album.objects.order_by("position").iterator():
        folded = rebuilt.albums.get(str(album.pk))
        missing.discard(str(album.pk))
        if folded is None:
            yield f"album {album.pk} is not in the log"
            continue
        stored = (fields_of(album), album.key, album.row, album.added_at, album.position)
        wanted = (folded.fields, folded.key, folded.row, folded.added_at, folded.position)
        if stored != wanted or any(
            getattr(album, name) != value for name, value in derived(folded.fields).items()
        ):
            yield f"album {album.pk} ({album}) differs from the log"
    for album_id in sorted(missing):
        yield f"album {album_id} is missing"


def _version_differences(rebuilt: Rebuilt) -> Iterator[str]:
    missing = set(rebuilt.versions)
    for version in AlbumVersion.objects.order_by("position").iterator():
        key = (str(version.album_id), version.position)
        missing.discard(key)
        if rebuilt.versions.get(key) != (version.fields, version.archived, version.at):
            yield f"the version of album {version.album_id} at {version.position} differs"
    for album_id, position in sorted(missing):
        yield f"the version of album {album_id} at {position} is missing"


def _operation_differences(rebuilt: Rebuilt) -> Iterator[str]:
    missing = set(rebuilt.operations)
    for operation in SyncOperation.objects.order_by("first_position"):
        missing.discard(str(operation.pk))
        wanted = rebuilt.operations.get(str(operation.pk))
        if wanted is None or any(
            getattr(operation, name) != value for name, value in wanted.items()
        ):
            yield f"operation {operation.pk} differs from the log"
    for operation_id in sorted(missing):
        yield f"operation {operation_id} is missing"
