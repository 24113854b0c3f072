"""The fields of an album that the log records, and how two states of them differ."""

from collections.abc import Mapping
from typing import Any

from albums.sources.enriched import Enriched
from albums.sources.sheet_rows import Row

Fields = dict[str, Any]
Changes = dict[str, list[Any]]

EMPTY: Mapping[str, Any] = {
    "artist": "",
    "title": "",
    "year": None,
    "genres": [],
    "label": "",
    "spotify_id": "",
    "spotify_title": "",
    "spotify_artist": "",
    "release_date": "",
    "album_type": "",
    "total_tracks": None,
    "tracks": [],
    "cover_url": "",
    "match_score": None,
    "match_query": "",
    "row_digest": "",
    "fetched_at": "",
    "archived": False,
}
# A new fetch or another way to the same album is no change of the album itself.
BOOKKEEPING = frozenset({"row_digest", "fetched_at", "match_score", "match_query"})


def difference(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Changes:
    """`{field: [old, new]}` of every field that differs. `old` is None for an album that is new:
    then every old value is None and fields that stay empty are left out."""
    if old is None:
        return {name: [None, new[name]] for name in EMPTY if new[name] != EMPTY[name]}
    return {name: [old[name], new[name]] for name in EMPTY if old[name] != new[name]}


def patched(old: Mapping[str, Any] | None, changes: Mapping[str, list[Any]]) -> Fields:
    """The fold of one album: its fields after `changes`; the inverse of `difference`."""
    fields = dict(old or EMPTY)
    return fields | {name: new for name, (_, new) in changes.items() if name in EMPTY}


def is_visible(changes: Changes) -> bool:
    """Whether a reader of the catalog could see the difference."""
    return bool(changes.keys() - BOOKKEEPING)


def merged(
    row: Row, enriched: Enriched, old: Mapping[str, Any] | None, *, digest: str, fetched_at: str
) -> Fields:
    """An album's fields from its row and Spotify. What the sheet says wins; Spotify fills in (for
    genres and label it has done so in `enriched` already)."""
    fields = dict(EMPTY) | {
        "artist": row.artist or enriched.artist,
        "title": row.title or enriched.title,
        "year": row.year or enriched.year,
        "genres": list(enriched.genres),
        "label": enriched.label,
        "spotify_id": enriched.spotify_id,
        "spotify_title": enriched.title,
        "spotify_artist": enriched.artist,
        "release_date": enriched.release_date,
        "album_type": enriched.album_type,
        "total_tracks": enriched.total_tracks,
        "tracks": enriched.tracks,
        "cover_url": enriched.cover_url,
        "match_score": enriched.match_score,
        "match_query": enriched.match_query,
        "row_digest": digest,
        "fetched_at": fetched_at,
    }
    if old and enriched.match_score is None and old["spotify_id"] == enriched.spotify_id:
        # Fetched by the id that an earlier sync had found: how it was found stays true.
        fields |= {name: old[name] for name in ("match_score", "match_query")}
    return fields
