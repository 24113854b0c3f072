"""The library: fifty real albums as rows of a sheet and as Spotify holds them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
ID_LENGTH = 22
RECENT = 2016  # the year from which on the sheet has a section of its own
LAST_WITH_DELUXE = 2010  # the newest year of an original with a deluxe edition beside it
RECORDS = Path(__file__).with_name("records.json")

Kind = Literal["album", "single", "compilation"]


@dataclass(frozen=True)
class Track:
    title: str
    milliseconds: int


@dataclass(frozen=True)
class Album:
    """An album as Spotify holds it; `released` is YYYY, YYYY-MM or YYYY-MM-DD."""

    id: str
    name: str
    artists: tuple[str, ...]
    released: str
    tracks: tuple[Track, ...]
    label: str = ""
    kind: Kind = "album"

    @property
    def year(self) -> int:
        return int(self.released[:4])

    @property
    def upc(self) -> str:
        """Twelve digits that look like a barcode, always the same for the same album."""
        return f"{digest('upc', self.id) % 10**12:012d}"


@dataclass(frozen=True)
class Row:
    """One line of the sheet, as a person typed it."""

    artist: str
    album: str
    year: str
    genre: str
    label: str
    link: str = ""
    note: str = ""

    def cells(self) -> list[str]:
        return [
            self.artist,
            self.album,
            self.year,
            self.genre,
            self.label,
            self.link,
            self.note,
        ]


@dataclass(frozen=True)
class Library:
    """The sheet's rows with the headings before some of them, and what Spotify knows, by id."""

    rows: list[Row]
    albums: dict[str, Album]
    sections: dict[int, str] = field(default_factory=dict)


def digest(*parts: str) -> int:
    """Return a large number that depends on nothing but the parts."""
    return int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest()[:16], "big")


def base62_id(*parts: str) -> str:
    """Return 22 base62 characters (128 bits, like Spotify's own ids) made from the parts."""
    number, text = digest("id", *parts), ""
    while number:
        number, rest = divmod(number, 62)
        text = BASE62[rest] + text
    return text.rjust(ID_LENGTH, "0")


def album_id(artist: str, title: str, year: str) -> str:
    """The year belongs to it: two albums named Weezer by Weezer are two albums."""
    return base62_id(artist, title, year)


def is_id(text: str) -> bool:
    return len(text) == ID_LENGTH and all(character in BASE62 for character in text)


def pasted(identifier: str, form: str) -> str:
    """Return a link to the album in one of the forms that people paste into sheets."""
    share_code = base62_id("share", identifier)[6:]
    forms = {
        "bare": identifier,
        "uri": f"spotify:album:{identifier}",
        "share": f"https://open.spotify.com/album/{identifier}?si={share_code}",
        "intl": f"https://open.spotify.com/intl-de/album/{identifier}",
    }
    return forms[form]


def load() -> Library:
    """Read records.json: the rows in the sheet's order, and the albums with their neighbours."""
    rows: list[Row] = []
    albums: list[Album] = []
    for record in json.loads(RECORDS.read_text(encoding="utf-8")):
        album = from_record(record)
        typed = record.get("in_sheet", {})
        rows.append(
            Row(
                artist=typed.get("artist", album.artists[0]),
                album=typed.get("album", album.name),
                year=str(album.year),
                genre=record["genre"],
                label=record["label"],
                link=pasted(album.id, record["link"]) if "link" in record else "",
                note=record.get("note", ""),
            )
        )
        # Two rows must fail for an honest reason. One album was never on Spotify ("never"), and
        # one was taken off by its band after the link had been pasted ("gone").
        if "listed" not in record:
            albums.append(album)
            albums.extend(neighbours(album))
        elif record["listed"] == "never":
            albums.append(tribute(album))
    albums.extend(namesakes())
    recent = next(number for number, row in enumerate(rows) if int(row.year) >= RECENT)
    return Library(rows, {album.id: album for album in albums}, {recent: f"Since {RECENT}"})


def from_record(record: dict[str, Any]) -> Album:
    artists = tuple(record["artists"])
    identifier = album_id(artists[0], record["title"], record["released"][:4])
    return Album(
        id=identifier,
        name=record["title"],
        artists=artists,
        released=record["released"],
        tracks=to_tracks(identifier, record["tracks"]),
        label=record["label"],
        kind=record.get("type", "album"),
    )


def to_tracks(identifier: str, listed: Iterable[tuple[str, int]]) -> tuple[Track, ...]:
    """Whole seconds are known; the milliseconds that Spotify would add come from the id."""
    return tuple(
        Track(title, seconds * 1000 + digest(identifier, title, str(place)) % 1000)
        for place, (title, seconds) in enumerate(listed)
    )


def neighbours(album: Album) -> list[Album]:
    """Return what Spotify's search would show beside the album: nearly it, and not it."""
    if album.name == "1989":
        return [rerecorded(album)]
    found = []
    luck = digest("neighbours", album.id)
    # Within a year or two of the original nobody could say which one a row means.
    if luck % 2 and album.year <= LAST_WITH_DELUXE:
        found.append(deluxe(album))
    if luck // 2 % 4 == 0:
        found.append(tribute(album))
    if luck // 8 % 4 == 0:
        found.append(live(album))
    return found


def again(album: Album, name: str, artists: tuple[str, ...], years_later: int) -> Album:
    """Return a later album that resembles the given one; none is dated after 2025."""
    year = str(min(album.year + years_later, 2025))
    identifier = album_id(artists[0], name, year)
    return replace(album, id=identifier, name=name, artists=artists, released=f"{year}-09-15")


def deluxe(album: Album) -> Album:
    other = again(album, f"{album.name} (Deluxe Edition)", album.artists, 25)
    demos = [Track(f"{track.title} - Demo", track.milliseconds) for track in album.tracks[:3]]
    return replace(other, tracks=(*album.tracks, *demos))


def live(album: Album) -> Album:
    other = again(album, f"{album.name} (Live)", album.artists, 6)
    tracks = (Track(f"{track.title} - Live", track.milliseconds + 21_400) for track in album.tracks)
    return replace(other, tracks=tuple(tracks))


def tribute(album: Album) -> Album:
    name = f"{album.name}: A Piano Tribute to {album.artists[0]}"
    return again(album, name, ("The Quiet Room Players",), 15)


def rerecorded(album: Album) -> Album:
    other = again(album, "1989 (Taylor's Version)", album.artists, 9)
    titles = (f"{track.title} (Taylor's Version)" for track in album.tracks)
    tracks = (
        Track(title, old.milliseconds) for title, old in zip(titles, album.tracks, strict=True)
    )
    return replace(other, released="2023-10-27", label="Republic", tracks=tuple(tracks))


def namesakes() -> list[Album]:
    """Return what a search for Joanna Newsom's "Ys" finds instead of it: an older album."""
    artist, name, year = "Il Balletto di Bronzo", "Ys", "1972"
    identifier = album_id(artist, name, year)
    listed = [
        ("Introduzione", 911),
        ("Primo incontro", 207),
        ("Secondo incontro", 186),
        ("Terzo incontro", 273),
        ("Epilogo", 690),
    ]
    return [
        Album(identifier, name, (artist,), year, to_tracks(identifier, listed), label="Polydor")
    ]
