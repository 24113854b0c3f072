"""Spotify's answers, read leniently: what is optional and wrong is as if it were absent.

Development-mode apps get albums without label, popularity and available_markets, and with
genres that are empty or absent
(https://developer.spotify.com/documentation/web-api/references/changes/february-2026).
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypedDict, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError, ValidatorFunctionWrapHandler
from pydantic import WrapValidator as Wrap

from .text import clean

MAX_TITLE_CHARS = 500
MAX_TRACK_TITLE_CHARS = 300
MAX_URL_CHARS = 300  # of a cover; Spotify's have 64
MAX_TYPE_CHARS = 20  # "compilation" is the longest
MAX_COUNT = 2**31 - 1
MAX_LIST = 1_000  # entries of any list that are looked at

T = TypeVar("T")
_DATE = re.compile(r"(?!0000)\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?", re.ASCII)


class Track(TypedDict):
    """A track as it is stored; `number` counts from 1 on each disc."""

    disc: int
    number: int
    title: str
    duration_ms: int
    explicit: bool


def _or_else(default: Any) -> Wrap:
    def read(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError:
            return default

    return Wrap(read)


def _line(limit: int) -> BeforeValidator:
    return BeforeValidator(lambda value: clean(value, limit) if isinstance(value, str) else value)


def _count(value: Any) -> Any:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("no whole number")  # pydantic would take texts and fractions, too
    return min(max(value, 0), MAX_COUNT)


def _entries(value: Any) -> Any:
    return value[:MAX_LIST] if isinstance(value, list) else []


Name = Annotated[str, _line(MAX_TITLE_CHARS), _or_else("")]
Line = Annotated[str, _line(200), _or_else("")]
Count = Annotated[int, BeforeValidator(_count), _or_else(0)]
Flag = Annotated[bool, _or_else(False)]


class Artist(BaseModel):
    name: Name = ""


class Image(BaseModel):
    url: Annotated[str, _or_else("")] = ""
    width: Count = 0


class TrackItem(BaseModel):
    name: Annotated[str, _line(MAX_TRACK_TITLE_CHARS), _or_else("")] = ""
    disc_number: Count = 1
    track_number: Count = 0
    duration_ms: Count = 0
    explicit: Flag = False

    def stored(self) -> Track:
        return Track(
            disc=self.disc_number,
            number=self.track_number,
            title=self.name,
            duration_ms=self.duration_ms,
            explicit=self.explicit,
        )


Some = Annotated[T | None, _or_else(None)]  # an entry of a list that may be anything


class TracksPage(BaseModel):
    """One page of tracks, at most 50. `next` is an address that we never call, only a sign."""

    items: Annotated[list[Some[TrackItem]], BeforeValidator(_entries)] = []
    next: Annotated[str, _or_else("")] = ""


class FoundAlbum(BaseModel):
    """A search's result. Taken-down albums have an empty name; one without any is no album."""

    id: Line = ""
    name: Annotated[str, _line(MAX_TITLE_CHARS)]
    album_type: Annotated[str, _line(MAX_TYPE_CHARS), _or_else("")] = ""
    release_date: Annotated[str, _or_else("")] = ""
    artists: Annotated[list[Some[Artist]], BeforeValidator(_entries)] = []

    @property
    def artist_names(self) -> tuple[str, ...]:
        return tuple(artist.name for artist in self.artists if artist and artist.name)

    @property
    def date(self) -> str:
        """YYYY, YYYY-MM or YYYY-MM-DD, empty where it is unknown or no date."""
        return self.release_date if _DATE.fullmatch(self.release_date) else ""

    @property
    def year(self) -> int | None:
        return int(self.date[:4]) if self.date else None


class Album(FoundAlbum):
    """A whole album, with the first page of its tracks."""

    total_tracks: Count = 0
    label: Line = ""
    genres: Annotated[list[Line], BeforeValidator(_entries), _or_else([])] = []
    images: Annotated[list[Some[Image]], BeforeValidator(_entries)] = []
    tracks: Annotated[TracksPage, _or_else(TracksPage())] = TracksPage()


class Results(BaseModel):
    items: Annotated[list[Some[FoundAlbum]], BeforeValidator(_entries)]


class SearchAnswer(BaseModel):
    albums: Results


class AlbumsAnswer(BaseModel):
    """The batch call's answer; an id that Spotify does not know is null in its place."""

    albums: list[Any]


class TokenAnswer(BaseModel):
    access_token: str
    expires_in: Annotated[int, _or_else(3600)] = 3600  # seconds


class ErrorText(BaseModel):
    """The texts of an error: nested from the API, flat from the accounts service."""

    error: Annotated[Mapping[str, Any] | str, _or_else("")] = ""
    error_description: Annotated[str, _or_else("")] = ""

    @property
    def text(self) -> str:
        if isinstance(self.error, str):
            return self.error_description or self.error
        message = self.error.get("message")
        return message if isinstance(message, str) else ""


_TAG = re.compile(r"<[^<>]{0,500}>")


def error_text(body: bytes, limit: int = 300) -> str:
    """Return what an error's body says in words: JSON of both forms, plain text or HTML."""
    try:
        text = ErrorText.model_validate_json(body).text
    except ValidationError:
        text = _TAG.sub(" ", body[:4_000].decode("utf-8", "replace"))
    return clean(text, limit) or "no reason given"
