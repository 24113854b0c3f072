"""The catalog as it was after any event, read from the versions of its albums.

What is filtered and sorted here follows the same rules as `albums.catalog` does for today. It is
done in memory, since a version keeps its fields as JSON that no index could serve, and so that a
large catalog takes no second, tracks stay in the database: they are most of that JSON, and nobody
searches or sorts by them.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Func, OuterRef, QuerySet, Subquery, TextField

from albums.catalog import Facets, counted, derived, plain
from albums.fields import BOOKKEEPING, EMPTY, Changes, Fields
from albums.fields import difference as fields_difference
from albums.models import Album, AlbumVersion


@dataclass(frozen=True)
class PastAlbum:
    """An album as it was in one version: its fields without tracks."""

    pk: UUID
    added_at: datetime
    version: int
    fields: Fields

    @cached_property
    def derived(self) -> dict[str, str]:
        """What searching and sorting go by; worked out only where they do."""
        return derived(self.fields)

    def as_album(self) -> Album:
        """For templates that show albums; never to be saved."""
        return Album(pk=self.pk, added_at=self.added_at, **self.fields, **self.derived)


@dataclass(frozen=True, slots=True)
class Changed:
    """An album that differs between two moments, as it was at each."""

    before: PastAlbum
    after: PastAlbum


@dataclass(frozen=True, slots=True)
class Difference:
    """What a reader of the catalog sees differ between two moments: albums that came (as they are
    at the second), that left (as they were at the first), and that changed; all in no order."""

    added: Sequence[PastAlbum]
    archived: Sequence[PastAlbum]
    changed: Sequence[Changed]


# {album: (as it was, its tracks as text, whether it was archived)}
States = dict[UUID, tuple[PastAlbum, str, bool]]
Key = Callable[[PastAlbum], tuple[Any, ...]]
SORT_KEYS: Mapping[str, Key] = {  # one for each of `catalog.SORTS`
    "artist": lambda one: (_artist(one), *_by_year(one), one.derived["sort_title"], one.pk),
    "title": lambda one: (one.derived["sort_title"], _artist(one), one.pk),
    "year": lambda one: (*_by_year(one, descending=True), _artist(one), one.pk),
    "oldest": lambda one: (*_by_year(one), _artist(one), one.pk),
    "added": lambda one: (-one.added_at.timestamp(), _artist(one), one.pk),
}


def as_of(position: int) -> list[PastAlbum]:
    """The albums that were in the catalog after the event at `position`, in no order."""
    return _catalog(_versions_at(position, Album.objects.all()))


def difference(then: int, now: int) -> Difference:
    """What differs between the catalogs after the events at these two positions."""
    touched = Album.objects.filter(_has_versions(then, now))
    return _difference(_states(_versions_at(then, touched)), _states(_versions_at(now, touched)))


def as_of_with_difference(then: int, now: int) -> tuple[list[PastAlbum], Difference]:
    """`as_of(then)` and `difference(then, now)`, for the price of reading each version once."""
    touched = Album.objects.filter(_has_versions(then, now))
    before = _states(_versions_at(then, touched))
    untouched = Album.objects.exclude(_has_versions(then, now))
    albums = [
        *_catalog(_versions_at(then, untouched)),
        *(album for album, _, was_archived in before.values() if not was_archived),
    ]
    return albums, _difference(before, _states(_versions_at(now, touched)))


def changes(albums: Sequence[Changed]) -> list[Changes]:
    """`{field: [old, new]}` of what a reader could see differ, tracks included, for each."""
    versions = [version for one in albums for version in (one.before.version, one.after.version)]
    fields = dict(AlbumVersion.objects.filter(pk__in=versions).values_list("pk", "fields"))
    differences = [
        fields_difference(
            {**EMPTY, **fields[one.before.version]}, {**EMPTY, **fields[one.after.version]}
        )
        for one in albums
    ]
    return [
        {name: change for name, change in found.items() if name not in BOOKKEEPING}
        for found in differences
    ]


def narrowed(
    albums: Iterable[PastAlbum],
    *,
    q: str = "",
    genre: str = "",
    decade: int | None = None,
    label: str = "",
) -> list[PastAlbum]:
    """Those that match every given filter, as `catalog.browse` understands it."""
    words = plain(q).split()
    wanted = f"|{plain(genre)}|" if genre else ""
    return [
        album
        for album in albums
        if all(word in album.derived["search_text"] for word in words)
        and wanted in album.derived["genre_list"]
        and (decade is None or _is_of(album.fields["year"], decade))
        and label in ("", album.fields["label"])
    ]


def facets(albums: Iterable[PastAlbum]) -> Facets:
    """What these albums can be filtered by, as `catalog.facets` gives it for today."""
    fields = (album.fields for album in albums)
    return counted((one["genres"], one["year"], one["label"]) for one in fields)


def _difference(before: States, after: States) -> Difference:
    added, archived, changed = [], [], []
    for pk, (album, tracks, was_archived) in after.items():
        old, old_tracks, old_was_archived = before.get(pk, (album, tracks, True))
        if old_was_archived and not was_archived:
            added.append(album)
        elif was_archived and not old_was_archived:
            archived.append(old)
        elif not was_archived and (tracks != old_tracks or _visibly_differ(old, album)):
            changed.append(Changed(old, album))
    return Difference(added, archived, changed)


def _has_versions(then: int, now: int) -> Exists:
    versions = AlbumVersion.objects.filter(position__gt=then, position__lte=now)
    return Exists(versions.filter(album=OuterRef("pk")))


def _versions_at(position: int, albums: QuerySet[Album]) -> QuerySet[AlbumVersion]:
    """The version that each of these albums had after the event at `position`, where it had one.

    One step into the index an album, however many versions each of them has.
    """
    newest = AlbumVersion.objects.filter(album=OuterRef("pk"), position__lte=position)
    then = Subquery(newest.order_by("-position").values("pk")[:1])
    return AlbumVersion.objects.filter(pk__in=albums.order_by().values_list(then, flat=True))


def _catalog(versions: QuerySet[AlbumVersion]) -> list[PastAlbum]:
    """Those of these that were not archived."""
    rows = versions.filter(archived=False).values_list(
        "album_id", "album__added_at", "pk", _without_tracks()
    )
    return [_album(*row) for row in rows.iterator()]


def _states(versions: QuerySet[AlbumVersion]) -> States:
    rows = versions.values_list(
        "album_id", "album__added_at", "pk", _without_tracks(), _Tracks(F("fields")), "archived"
    )
    return {
        row[0]: (_album(*row[:4]), tracks, archived) for *row, tracks, archived in rows.iterator()
    }


class _WithoutTracks(Func):
    """A version's fields but its tracks, as text."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "json_remove(%(expressions)s, '$.tracks')"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "((%(expressions)s - 'tracks')::text)"
        return self.as_sql(compiler, connection, template=template, **context)


class _Tracks(Func):
    """A version's tracks, as text."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "json_extract(%(expressions)s, '$.tracks')"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(%(expressions)s ->> 'tracks')"
        return self.as_sql(compiler, connection, template=template, **context)


def _without_tracks() -> Func:
    return _WithoutTracks(F("fields"))


def _album(pk: UUID, added_at: datetime, version: int, text: str) -> PastAlbum:
    fields = {**_NO_TRACKS, **json.loads(text)}
    return PastAlbum(pk, added_at, version, fields)


_NO_TRACKS = {name: value for name, value in EMPTY.items() if name != "tracks"}
_VISIBLE = [name for name in _NO_TRACKS if name not in BOOKKEEPING]


def _visibly_differ(one: PastAlbum, other: PastAlbum) -> bool:
    return any(one.fields[name] != other.fields[name] for name in _VISIBLE)


def _artist(album: PastAlbum) -> str:
    return album.derived["sort_artist"]


def _by_year(album: PastAlbum, descending: bool = False) -> tuple[bool, int]:
    year = album.fields["year"]
    return year is None, -(year or 0) if descending else year or 0


def _is_of(year: int | None, decade: int) -> bool:
    return year is not None and decade <= year < decade + 10
