"""The differences between two states of an album in words: field by field, tracks one by one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from frontend.templatetags.frontend import minutes

LABELS = {
    "artist": "Artist",
    "title": "Title",
    "year": "Year",
    "genres": "Genres",
    "label": "Label",
    "release_date": "Released",
    "album_type": "Type",
    "total_tracks": "Number of tracks",
    "tracks": "Tracks",
    "spotify_id": "Spotify id",
    "spotify_title": "Title on Spotify",
    "spotify_artist": "Artist on Spotify",
    "cover_url": "Cover",
    "archived": "In the catalog",
}
# What is noted of the way to an album, and changes nothing that a visitor sees.
NOTES = {
    "match_query": "Searched for",
    "match_score": "Likeness, of 100",
    "fetched_at": "Fetched",
    "row_digest": "Fingerprint of the row",
}
MAX_TRACKS = 20  # told one by one; a whole other edition is told by its numbers


@dataclass(frozen=True, slots=True)
class Line:
    """One difference. An empty text is shown as “nothing”."""

    label: str
    old: str
    new: str


def lines(changes: Mapping[str, list[Any]], labels: Mapping[str, str] = LABELS) -> list[Line]:
    """The changed fields that `labels` names, in its order."""
    found: list[Line] = []
    for name, label in labels.items():
        if name not in changes:
            continue
        old, new = changes[name]
        if name == "tracks" and old and new:
            found += _tracks(old, new)
        elif name == "archived":
            found.append(Line(label, _presence(old), _presence(new)))
        else:
            found.append(Line(label, _in_words(old), _in_words(new)))
    return found


def notes(changes: Mapping[str, list[Any]]) -> list[Line]:
    """The changes of what is noted of the way to the album."""
    return lines(changes, NOTES)


def _tracks(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[Line]:
    discs = max(track["disc"] for track in (*old, *new))
    differing = [
        Line(_place(after or before or {}, discs), _track(before), _track(after))
        for before, after in _paired(old, new)
        if before != after
    ]
    if len(differing) <= MAX_TRACKS:
        return differing
    return [
        *differing[:MAX_TRACKS],
        Line("Tracks", _in_words(old), f"{_in_words(new)}, {len(differing)} of them differ"),
    ]


Track = dict[str, Any] | None


def _paired(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[tuple[Track, Track]]:
    """The tracks at the same place of the same disc."""
    places = [{(one["disc"], one["number"]): one for one in tracks} for tracks in (old, new)]
    if any(len(known) < len(tracks) for known, tracks in zip(places, (old, new), strict=True)):
        yield from zip_longest(old, new)  # numbers that occur twice tell nothing
        return
    for place in sorted(places[0].keys() | places[1].keys()):
        yield places[0].get(place), places[1].get(place)


def _place(track: dict[str, Any], discs: int) -> str:
    disc = f"Disc {track['disc']}, track" if discs > 1 else "Track"
    return f"{disc} {track['number']}"


def _track(track: Track) -> str:
    if track is None:
        return ""
    explicit = ", explicit" if track["explicit"] else ""
    return f"{track['title']} ({minutes(track['duration_ms'])}{explicit})"


def _presence(archived: bool | None) -> str:
    return "" if archived is None else "no, archived" if archived else "yes"


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        if any(isinstance(item, dict) for item in value):
            return "1 track" if len(value) == 1 else f"{len(value)} tracks"
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)
