"""Sheets of albums that the demo's Spotify knows, and rows that must fail."""

import csv
import io
from collections.abc import Iterable

from project.demo import albums

# Each of these rows fails for another reason: (artist, album, Spotify cell).
FAILING_ROWS = {
    "album-not-found": ("Nobody", "Gone", "spotify:album:0000000000000000000000"),
    "row-incomplete": ("", "Nobody's Album", ""),
    "row-link-unsupported": (
        "Somebody",
        "A Playlist",
        "https://open.spotify.com/playlist/37i9dQZF1DX0XUsuxWHRQd",
    ),
    "album-no-match": ("Zzyzx Qwortle", "Xylophagous Brzeczyszczykiewicz", ""),
    "row-too-long": ("Wordy", "x" * 501, ""),
}


def rows(count: int, *, label: str = "", first: int = 0) -> list[str]:
    """The same albums each time, each with its Spotify id. Another label makes them stale."""
    known = sorted(albums.load().albums.values(), key=lambda album: album.id)
    chosen = known[first : first + count]
    assert len(chosen) == count
    return [
        line(album.artists[0], album.name, str(album.year), "Jazz", label, album.id)
        for album in chosen
    ]


def spotify_id(place: int) -> str:
    """That of the album which `rows` has at this place."""
    return sorted(albums.load().albums)[place]


def failing_rows(codes: Iterable[str] = FAILING_ROWS) -> list[str]:
    return [line(*FAILING_ROWS[code][:2], "1999", "", "", FAILING_ROWS[code][2]) for code in codes]


def title(row: str) -> str:
    return next(csv.reader([row]))[1]


def line(*cells: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
