"""The catalog: every read of albums, and the only code that writes them.

Writers take what an event says and the position and time of that event, and nothing else, so that
the log alone decides what the catalog is. They expect to stand in the transaction that appends it.
"""

import time
import unicodedata
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple

from django.db.models import F, QuerySet
from django.db.models.expressions import OrderBy

from albums import by_key
from albums.by_key import Statement
from albums.fields import EMPTY, Changes, Fields, is_visible, patched
from albums.models import Album, AlbumVersion

SORTS: Mapping[str, tuple[str, list[str | OrderBy]]] = {
    "artist": ("Artist", ["sort_artist", F("year").asc(nulls_last=True), "sort_title", "id"]),
    "title": ("Title", ["sort_title", "sort_artist", "id"]),
    "year": ("Newest release", [F("year").desc(nulls_last=True), "sort_artist", "id"]),
    "oldest": ("Oldest release", [F("year").asc(nulls_last=True), "sort_artist", "id"]),
    "added": ("Recently added", ["-added_at", "sort_artist", "id"]),
}
ROWS_A_WRITE = 200
VERSIONED = [name for name in EMPTY if name != "fetched_at"]


# Reads


def browse(
    q: str = "", sort: str = "artist", genre: str = "", decade: int | None = None, label: str = ""
) -> QuerySet[Album]:
    """The albums in the catalog that match every given filter, tracks left out.

    Each word of `q` must occur in artist, title, genres or label, whatever case and accents.
    `decade` is its first year; `sort` a key of SORTS (else KeyError).
    """
    albums = Album.objects.filter(archived=False).defer("tracks")
    for word in plain(q).split():
        albums = albums.filter(search_text__contains=word)
    if genre:
        albums = albums.filter(genre_list__contains=f"|{plain(genre)}|")
    if decade is not None:
        albums = albums.filter(year__gte=decade, year__lt=decade + 10)
    if label:
        albums = albums.filter(label=label)
    return albums.order_by(*SORTS[sort][1])


def chosen(ids: QuerySet[Any, Any], sort: str = "artist") -> QuerySet[Album]:
    """The albums with these ids, tracks left out, ordered by `sort`, a key of SORTS (else
    KeyError)."""
    return Album.objects.filter(pk__in=ids).defer("tracks").order_by(*SORTS[sort][1])


Facets = dict[str, list[tuple[Any, int]]]


def facets() -> Facets:
    """What the catalog can be filtered by: `{"genres", "decades", "labels"}`, each a list of
    (value, number of albums); genres and labels the most frequent first, decades in order.

    Counting reads every album, so the counts are kept until an event changes one, and for
    COUNTED_FOR_S at most: what `rebuild` puts right comes with no event.
    """
    global _counted
    changes = Album.objects.order_by("-position").values_list("position", "pk", "added_at")
    with _counting:  # once for all who come meanwhile
        newest, now = changes.first(), time.monotonic()
        if _counted.newest != newest or now - _counted.at_s > COUNTED_FOR_S:
            _counted = _Counted(newest, now, _count_facets())
        return _counted.facets


class _Counted(NamedTuple):
    """The counts, when they were made (monotonic), and the newest change then."""

    newest: Any
    at_s: float
    facets: Facets


COUNTED_FOR_S = 60.0
_counting = Lock()
_counted = _Counted(None, -float("inf"), {})


def _count_facets() -> Facets:
    rows = Album.objects.filter(archived=False).values_list("genres", "year", "label")
    return counted(rows.iterator())


def counted(albums: Iterable[tuple[list[str], int | None, str]]) -> Facets:
    """The facets of albums that are given as (genres, year, label)."""
    genres: Counter[str] = Counter()
    decades: Counter[int] = Counter()
    labels: Counter[str] = Counter()
    for album_genres, year, label in albums:
        genres.update(album_genres)
        if year is not None:
            decades[year // 10 * 10] += 1
        if label:
            labels[label] += 1
    return {
        "genres": _by_frequency(genres),
        "decades": sorted(decades.items()),
        "labels": _by_frequency(labels),
    }


def fields_of(album: Album) -> Fields:
    """What the log records of an album, as it stands."""
    return {name: getattr(album, name) for name in EMPTY}


def known_albums() -> Iterable[Mapping[str, Any]]:
    """What planning a sync needs to know of every album, archived ones included: `{"id", "key",
    "row", "artist", "title", "spotify_id", "row_digest", "fetched_at", "archived"}`."""
    return (
        Album.objects.order_by("position", "id")
        .values(
            "id",
            "key",
            "row",
            "artist",
            "title",
            "spotify_id",
            "row_digest",
            "fetched_at",
            "archived",
        )
        .iterator()
    )


def names(albums: Iterable[str]) -> dict[str, tuple[str, str]]:
    """{album id: (artist, title)} as they stand."""
    ids = [uuid.UUID(album) for album in albums]  # raises ValueError for what is no id
    rows = Album.objects.filter(pk__in=ids).values_list("pk", "artist", "title")
    return {str(pk): (artist, title) for pk, artist, title in rows}


# Writers


class Writer:
    """Says what to write of albums within one transaction that appends, and reads each of them
    only once: while the head of the log is held, nobody else writes any."""

    def __init__(self) -> None:
        self._read: dict[str, Album | None] = {}

    def album(self, album: str) -> Album | None:
        """The album with this id as it stands, None where there is none."""
        if album not in self._read:
            self._read[album] = by_key.read(Album, album)
        return self._read[album]

    def add(
        self, album: str, key: str, row: int, changes: Changes, *, position: int, at: datetime
    ) -> list[Statement]:
        """Store a new album; `changes` are `{field: [None, new]}`."""
        fields = patched(None, changes)
        place = {"key": key, "row": row, "position": position, "added_at": at}
        stored = Album(pk=uuid.UUID(album), **place, **fields, **derived(fields))
        self._read[album] = stored
        return [by_key.insertion(stored), *_version(stored, changes, at)]

    def change(
        self, album: str, key: str, row: int, changes: Changes, *, position: int, at: datetime
    ) -> list[Statement]:
        """Change an album by `{field: [old, new]}`. Raises Album.DoesNotExist."""
        stored = self._stored(album)
        fields = patched(fields_of(stored), changes)
        columns = {**fields, **derived(fields), "key": key, "row": row, "position": position}
        # Each index on a column that is named costs, whether its value differs or not.
        differing = {name: new for name, new in columns.items() if getattr(stored, name) != new}
        return [by_key.change(stored, **differing), *_version(stored, changes, at)]

    def confirm(self, places: Iterable[tuple[str, str, int]]) -> list[Statement]:
        """Note (album, key, row) of albums that were left alone: only where they stand may
        differ. Raises Album.DoesNotExist."""
        wanted = {album: (key, row) for album, key, row in places}
        albums = Album.objects.filter(pk__in=list(wanted)).only("key", "row")
        stored = {str(album.pk): album for album in albums}
        if unknown := wanted.keys() - stored.keys():
            raise Album.DoesNotExist(f"no album {', '.join(sorted(unknown))}")
        for album in wanted:
            self._read.pop(album, None)  # it stands somewhere else now
        return [
            by_key.change(stored[album], key=key, row=row)
            for album, (key, row) in wanted.items()
            if (stored[album].key, stored[album].row) != (key, row)
        ]

    def archive(self, album: str, *, position: int, at: datetime) -> list[Statement]:
        """Take an album out of the catalog; nothing is ever deleted. Raises Album.DoesNotExist."""
        stored = self._stored(album)
        changed = by_key.change(stored, archived=True, position=position)
        return [changed, *_version(stored, {"archived": [False, True]}, at)]

    def _stored(self, album: str) -> Album:
        stored = self.album(album)
        if stored is None:
            raise Album.DoesNotExist(f"no album {album}")
        return stored


def replace_all(albums: Iterable[Album], versions: Iterable[AlbumVersion]) -> None:
    """Put these in the place of every album and version that there is: for `rebuild`, which made
    them from the log. What is derived from an album's fields is worked out here."""
    AlbumVersion.objects.all().delete()
    Album.objects.all().delete()
    made = list(albums)
    for album in made:
        for name, value in derived(fields_of(album)).items():
            setattr(album, name, value)
    Album.objects.bulk_create(made, batch_size=ROWS_A_WRITE)
    AlbumVersion.objects.bulk_create(versions, batch_size=ROWS_A_WRITE)


# The rules that reads and writers share


def derived(fields: Mapping[str, Any]) -> dict[str, str]:
    """The columns for searching and sorting that follow from an album's fields."""
    genres = [plain(genre) for genre in fields["genres"]]
    words = [fields["artist"], fields["title"], fields["label"], str(fields["year"] or "")]
    return {
        "search_text": "\n".join([*(plain(word) for word in words), *genres]),
        "sort_artist": plain(fields["artist"]).removeprefix("the ")[:500],
        "sort_title": plain(fields["title"]).removeprefix("the ")[:500],
        "genre_list": f"|{'|'.join(genres)}|" if genres else "",
    }


def plain(text: str) -> str:
    """Text without case and accents, for comparing: "Björk" and "bjork" become the same."""
    if text.isascii():
        return text.casefold().strip()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip()


def versioned(fields: Mapping[str, Any]) -> Fields:
    """What a version keeps of an album: all but the time of fetch."""
    return {name: fields[name] for name in VERSIONED}


def _version(album: Album, changes: Changes, at: datetime) -> Iterator[Statement]:
    """Keep a version if a reader of the catalog could see the difference."""
    if is_visible(changes):
        version = AlbumVersion(
            album=album,
            position=album.position,
            at=at,
            archived=album.archived,
            fields=versioned(fields_of(album)),
        )
        yield by_key.insertion(version)


def _by_frequency(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
