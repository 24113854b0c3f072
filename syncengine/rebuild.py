"""Make every projection again from the log alone, and compare."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from albums.catalog import derived, fields_of, versioned
from albums.fields import Changes, Fields, is_visible, patched
from albums.models import Album, AlbumVersion
from syncengine import log
from syncengine.events import Event
from syncengine.models import SyncOperation
from syncengine.projection import Status, apply, empty
from syncengine.projectors import ALBUM_KINDS, operation_columns


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
    """What the stored projections say that the log does not, a sentence each.

    The log is folded first; its lock is held only for the last few events and the comparison.
    """
    head = log.head()
    rebuilt = Rebuilt(head.log_id)
    for event in log.events_between(0, head.position):
        rebuilt.apply(event)
    with log.appending() as appender:
        for event in log.events_between(head.position, appender.status["position"]):
            rebuilt.apply(event)
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
