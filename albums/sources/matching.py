"""Which of a search's albums is the one that a row names. Pure; never a guess.

Scores that ignore the order or the surplus of words are not used: they call "1989" and "1989
(Taylor's Version)" equal. Compared is the plain ratio of folded names, and numerals must be
equal, since "Led Zeppelin II" and "III" are 97 percent alike.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.fuzz import ratio

from .editions import Title, read_title, sides
from .errors import AlbumNoMatch, AlbumWeakMatch, Candidate
from .folding import fold
from .sheet_rows import MAX_NAME_CHARS, Row
from .text import clean

__all__ = ["ACCEPTED", "Found", "Match", "best", "fold", "score"]

ACCEPTED = 90  # of 100, and
CLEAR_BY = 5  # so far ahead of every other album
PLAUSIBLE = 75  # below that a candidate is not worth showing
MOST_CANDIDATES = 5
TITLE_SHARE, ARTIST_SHARE, YEAR_SHARE, TYPE_SHARE = 0.45, 0.40, 0.10, 0.05
# However well the rest fits, less is not near enough to be accepted: "Let It Be" and "Let It
# Bleed" are 85 percent alike, "The Rolling Stones" and "The Rolling Stones, Now!" 90.
LEAST_TITLE, LEAST_ARTIST = 93, 80
PART_OF_ARTISTS = 92  # "Prince" for "Prince & The Revolution", at most
YEAR_SLACK = 1  # sheets and Spotify often differ by one
LATER_YEAR, LATER_EDITION_YEAR = 50, 80  # a reissue carries its own year
TYPE_SCORES = {"album": 100, "compilation": 60, "ep": 60, "single": 40}

_JOINTS = re.compile(r"\s*[,;/&+]\s*|\s+(?:and|feat\.?|ft\.?|featuring|with|vs\.?|x)\s+", re.I)
_ARTICLE = re.compile(r"^the (?=.)|(?<=.) the$")  # "The Band" and "Band, The"


@dataclass(frozen=True)
class Found:
    """An album among a search's results. `artists` are separate names; `year` may be unknown."""

    id: str
    title: str
    artists: tuple[str, ...]
    year: int | None
    album_type: str


@dataclass(frozen=True)
class Match:
    """The accepted album and its score, 90 to 100."""

    found: Found
    score: int


@dataclass(frozen=True)
class _Scored:
    found: Found
    score: int
    title: Title

    def is_album_of(self, other: "_Scored") -> bool:
        """Whether both are releases of one album, as far as names can tell."""
        if self.title.digits.replace(" ", "") != other.title.digits.replace(" ", ""):
            return False
        return set(map(fold, self.found.artists)) == set(map(fold, other.found.artists))


def best(row: Row, candidates: Sequence[Found]) -> Match:
    """Return the candidate that `row` names.

    Among several releases of one album that all fit, an album goes before a single, then the
    one with the fewest edition words that the row does not have, then the closest year.

    Raises AlbumWeakMatch with the likeliest candidates where none is certain: below 90, or not
    ahead of another album by 5, or two albums of one name of which the row's year picks none.
    Raises AlbumNoMatch where nothing reaches 75.
    """
    scored = [_scored(row, found) for found in {found.id: found for found in candidates}.values()]
    scored.sort(key=lambda one: -one.score)
    fitting = [one for one in scored if one.score >= ACCEPTED]
    if fitting:
        top = [one for one in fitting if one.is_album_of(fitting[0])]
        chosen = min(top, key=lambda one: _preference(row, one))
        others = [one.score for one in scored if not one.is_album_of(chosen)]
        clear = chosen.score - max(others, default=0) >= CLEAR_BY
        if clear and not _has_twin(row, chosen, scored):
            return Match(chosen.found, chosen.score)
    plausible = [_shown(one) for one in scored if one.score >= PLAUSIBLE][:MOST_CANDIDATES]
    if plausible:
        raise AlbumWeakMatch(plausible, artist=row.artist, title=row.title)
    raise AlbumNoMatch(artist=row.artist, title=row.title)


def score(row: Row, found: Found) -> int:
    """Return how well `found` fits the row, 0 to 100; 90 and more is certain."""
    return _scored(row, found).score


def _scored(row: Row, found: Found) -> _Scored:
    title_score, wanted, offered = max(
        (
            (_title_score(read_title(ours), read_title(theirs)), read_title(ours), index)
            for ours in sides(row.title)
            for index, theirs in enumerate(sides(found.title))
        ),
        key=lambda entry: entry[0],
    )
    title = read_title(sides(found.title)[offered])
    artist_score = _artist_score(row.artist, found.artists)
    reissue = bool(title.editions - wanted.editions)
    year_score = _year_score(row.year, found.year, reissue)
    total = int(
        title_score * TITLE_SHARE
        + artist_score * ARTIST_SHARE
        + year_score * YEAR_SHARE
        + TYPE_SCORES.get(found.album_type, 60) * TYPE_SHARE
        + 1e-9
    )
    unlike = title_score < LEAST_TITLE or artist_score < LEAST_ARTIST
    if unlike or _is_other_year(row, found, title, reissue):
        total = min(total, ACCEPTED - 1)
    return _Scored(found, total, title)


def _title_score(ours: Title, theirs: Title) -> float:
    if ours.numerals != theirs.numerals:
        return 0.0
    return ratio(ours.digits, theirs.digits)


def _artist_score(ours: str, theirs: tuple[str, ...]) -> float:
    whole = max(
        (ratio(_artist(ours), _artist(name)) for name in {", ".join(theirs), *theirs[:1]}),
        default=0.0,
    )
    first = {_artist(first_artist(ours)), _artist(ours)}
    names = {_artist(name) for name in theirs} | {_artist(first_artist(n)) for n in theirs[:1]}
    part = max((ratio(one, name) for one in first for name in names), default=0.0)
    return max(whole, min(part, PART_OF_ARTISTS))


@lru_cache(maxsize=16_384)
def _artist(name: str) -> str:
    folded = _ARTICLE.sub("", fold(name)).strip()
    return "various artists" if folded == "various" else folded


def first_artist(names: str) -> str:
    """Return the first of several artists: "Bob Marley" of "Bob Marley & The Wailers"."""
    return next(filter(None, _JOINTS.split(names.strip(), maxsplit=1)), names)


def _year_score(ours: int | None, theirs: int | None, edition: bool) -> int:
    if ours is None or theirs is None or abs(ours - theirs) <= YEAR_SLACK:
        return 100
    if theirs < ours:
        return 0
    return LATER_EDITION_YEAR if edition else LATER_YEAR


def _is_other_year(row: Row, found: Found, title: Title, reissue: bool) -> bool:
    """Whether the years alone forbid a certain match.

    An album cannot be older than its row says. It may be newer, as a reissue; but an album
    that bears its artist's name often has a namesake by the same artist, so there a newer one
    must call itself an edition.
    """
    if row.year is None or found.year is None or abs(row.year - found.year) <= YEAR_SLACK:
        return False
    namesake = title.core == read_title(row.artist).core
    return found.year < row.year or (namesake and not reissue)


def _preference(row: Row, one: _Scored) -> tuple[bool, int, int, int]:
    distance = abs(row.year - one.found.year) if row.year and one.found.year else 0
    surplus = one.title.editions ^ read_title(row.title).editions
    return one.found.album_type != "album", len(surplus), distance, -one.score


def _has_twin(row: Row, chosen: _Scored, scored: Sequence[_Scored]) -> bool:
    """Whether another album bears the very same name and the row's year does not tell them apart.

    Weezer has made several albums called "Weezer". A reissue without any edition word looks
    like a twin too; where the row gives a year and every release is later, they are reissues.
    """
    if chosen.title.editions:
        return False
    years = {
        one.found.year
        for one in scored
        if one.found.year
        and one.is_album_of(chosen)
        and not one.title.editions
        and one.found.album_type == chosen.found.album_type
    }
    if not years or max(years) - min(years) <= YEAR_SLACK:
        return False
    if row.year is None:
        return True
    nearest = min(abs(year - row.year) for year in years)
    return nearest > YEAR_SLACK and min(years) < row.year


def _shown(one: _Scored) -> Candidate:
    found = one.found
    artists = clean(", ".join(found.artists), MAX_NAME_CHARS)
    title = clean(found.title, MAX_NAME_CHARS)
    return Candidate(found.id, artists, title, found.year, one.score)
