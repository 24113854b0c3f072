"""An album as it is stored: Spotify's answer and the sheet's row in one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from .http import origin_of
from .sheet_rows import MAX_GENRE_CHARS, MAX_GENRES, MAX_NAME_CHARS, Row
from .spotify_models import MAX_URL_CHARS, Album, Image, Track
from .text import clean

MAX_TRACKS_BYTES = 24 * 1024  # an event is at most 64 KiB and carries the old and the new tracks
COVER_PX = 300  # wide enough for a card; Spotify offers 640, 300 and 64


@dataclass(frozen=True)
class Enriched:
    """An album, ready to be stored.

    `title` and `artist` are Spotify's spelling. `release_date` is YYYY, YYYY-MM, YYYY-MM-DD or
    empty. `tracks` may be fewer than `total_tracks`: see MAX_TRACKS_BYTES. `genres` and `label`
    are the sheet's where it has them, else Spotify's. `cover_url` is empty or at one of
    `image_origins`. `match_score` and `match_query` tell how a search found it; None and empty
    where the id was known.
    """

    spotify_id: str
    title: str
    artist: str
    release_date: str
    year: int | None
    album_type: str
    total_tracks: int
    tracks: list[Track]
    cover_url: str
    genres: tuple[str, ...]
    label: str
    spotify_url: str
    match_score: int | None
    match_query: str


def make_enriched(
    row: Row,
    album_id: str,
    album: Album,
    tracks: list[Track],
    image_origins: Sequence[str],
    score: int | None = None,
    query: str = "",
) -> Enriched:
    """Put an album together. Addresses are built from `album_id` or checked, never trusted."""
    genres = [clean(name, MAX_GENRE_CHARS) for name in album.genres if name]
    return Enriched(
        spotify_id=album_id,
        title=album.name,
        artist=clean(", ".join(album.artist_names), MAX_NAME_CHARS) or row.artist,
        release_date=album.date,
        year=album.year,
        album_type=album.album_type,
        total_tracks=max(album.total_tracks, len(tracks)),
        tracks=tracks,
        cover_url=cover_url(album, image_origins),
        genres=row.genres or tuple(dict.fromkeys(genres))[:MAX_GENRES],
        label=row.label or album.label,
        spotify_url=f"https://open.spotify.com/album/{album_id}",
        match_score=score,
        match_query=query,
    )


def cover_url(album: Album, origins: Sequence[str]) -> str:
    """Return the smallest image of at least COVER_PX, else the largest, at one of `origins`.

    Empty where there is none.
    """
    allowed = frozenset(map(origin_of, origins)) - {None}
    images = [one for one in album.images if one and _is_plain(one)]
    images = [one for one in images if origin_of(one.url) in allowed]
    wide = [one for one in images if one.width >= COVER_PX]
    if wide:
        return min(wide, key=lambda one: one.width).url
    return max(images, key=lambda one: one.width).url if images else ""


def _is_plain(image: Image) -> bool:
    """Whether browsers and we cannot read the address differently."""
    url = image.url
    if not url.isascii() or not url.isprintable() or len(url) > MAX_URL_CHARS:
        return False
    return not any(sign in url for sign in " @\\<>\"'")


def within_bytes(tracks: list[Track], limit: int) -> list[Track]:
    """Return as many of the first tracks as their compact JSON has room for in `limit` bytes."""
    size = 2  # the brackets
    for index, track in enumerate(tracks):
        text = json.dumps(track, ensure_ascii=False, separators=(",", ":"))
        size += len(text.encode()) + (1 if index else 0)
        if size > limit:
            return tracks[:index]
    return tracks
