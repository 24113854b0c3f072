"""The catalog as it was after any event, read from the versions of its albums.

What is filtered and sorted here follows the same rules as `albums.catalog` does for today: it is
done in memory, since a version keeps its fields as JSON that no index could serve.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from albums.catalog import Facets, counted, derived, plain
from albums.fields import BOOKKEEPING, EMPTY, Changes
from albums.fields import difference as fields_difference
from albums.models import Album, AlbumVersion

Key = Callable[[Album], tuple[Any, ...]]
SORT_KEYS: Mapping[str, Key] = {  # one for each of `catalog.SORTS`
    "artist": lambda one: (one.sort_artist, *_by_year(one), one.sort_title, one.pk),
    "title": lambda one: (one.sort_title, one.sort_artist, one.pk),
    "year": lambda one: (one.year is None, -(one.year or 0), one.sort_artist, one.pk),
    "oldest": lambda one: (*_by_year(one), one.sort_artist, one.pk),
    "added": lambda one: (-one.added_at.timestamp(), one.sort_artist, one.pk),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """An album that differs between two moments, as it was at the first, and how."""

    album: Album
    changes: Changes


@dataclass(frozen=True, slots=True)
class Difference:
    """What a reader of the catalog sees differ between two moments: albums that came (as they are
    at the second), that left (as they were at the first), and that changed."""

    added: Sequence[Album]
    archived: Sequence[Album]
    changed: Sequence[Changed]


def as_of(position: int) -> list[Album]:
    """The albums that were in the catalog after the event at `position`, in no order. They are as
    they were, and never to be saved."""
    versions = versions_at(position, Album.objects.all()).filter(archived=False)
    added_at = dict(Album.objects.values_list("pk", "added_at"))
    return [_album(version, added_at[version.album_id]) for version in versions.iterator()]


def versions_at(position: int, albums: QuerySet[Album]) -> QuerySet[AlbumVersion]:
    """The version that each of these albums had after the event at `position`, where it had one.

    One step into the index an album, however many versions each of them has.
    """
    newest = AlbumVersion.objects.filter(album=OuterRef("pk"), position__lte=position)
    then = Subquery(newest.order_by("-position").values("pk")[:1])
    return AlbumVersion.objects.filter(pk__in=albums.order_by().values_list(then, flat=True))


def difference(then: int, now: int) -> Difference:
    """What differs between the catalogs after the events at these two positions."""
    since = AlbumVersion.objects.filter(position__gt=then, position__lte=now)
    touched = Album.objects.filter(pk__in=since.values("album"))
    before = {version.album_id: version for version in versions_at(then, touched)}
    added_at = dict(touched.values_list("pk", "added_at"))
    added, archived, changed = [], [], []
    for after in versions_at(now, touched):
        old = before.get(after.album_id)
        was_there, is_there = old is not None and not old.archived, not after.archived
        if is_there and not was_there:
            added.append(_album(after, added_at[after.album_id]))
        elif old is not None and was_there:
            album = _album(old, added_at[old.album_id])
            if not is_there:
                archived.append(album)
            elif changes := visible_difference(old.fields, after.fields):
                changed.append(Changed(album, changes))
    in_order = SORT_KEYS["artist"]
    return Difference(
        sorted(added, key=in_order),
        sorted(archived, key=in_order),
        sorted(changed, key=lambda one: in_order(one.album)),
    )


def visible_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Changes:
    """`{field: [old, new]}` of what a reader could see differ between two versions' fields."""
    changes = fields_difference({**EMPTY, **old}, {**EMPTY, **new})
    return {name: change for name, change in changes.items() if name not in BOOKKEEPING}


def narrowed(
    albums: Iterable[Album],
    *,
    q: str = "",
    genre: str = "",
    decade: int | None = None,
    label: str = "",
) -> list[Album]:
    """Those that match every given filter, as `catalog.browse` understands it."""
    words = plain(q).split()
    wanted = f"|{plain(genre)}|" if genre else ""
    return [
        album
        for album in albums
        if all(word in album.search_text for word in words)
        and wanted in album.genre_list
        and (decade is None or (album.year is not None and decade <= album.year < decade + 10))
        and label in ("", album.label)
    ]


def facets(albums: Iterable[Album]) -> Facets:
    """What these albums can be filtered by, as `catalog.facets` gives it for today."""
    return counted((album.genres, album.year, album.label) for album in albums)


def _album(version: AlbumVersion, added_at: datetime) -> Album:
    fields = dict(EMPTY) | {name: version.fields[name] for name in EMPTY if name in version.fields}
    return Album(
        pk=version.album_id,
        added_at=added_at,
        position=version.position,
        **fields,
        **derived(fields),
    )


def _by_year(album: Album) -> tuple[bool, int]:
    return album.year is None, album.year or 0
