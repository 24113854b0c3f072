"""Spotify's album search, forgiving about spelling and generous with wrong neighbours."""

import difflib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable

from .albums import Album, digest

# Observed: one apostrophe or quotation mark inside a filter, and Spotify finds nothing at all.
# (spotify/web-api issues 1041 and 1212)
FATAL_IN_FILTERS = re.compile("['\"\u2018\u2019\u201c\u201d\u00b4`]")
FILTER = re.compile(r"\b(album|artist|year|upc):", re.IGNORECASE)
SILENT = re.compile(r"['.\u2019\u2018]")
WORD = re.compile(r"\w+")
# Letters that Unicode does not take apart into a letter and a mark.
NOT_DECOMPOSED = str.maketrans({"\u0131": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})

ENOUGH_OF_TEXT = 0.6  # share of the words of a free query that an album must hold
ENOUGH_OF_TITLE = 0.7  # the same for the words after album:
CLOSE = 0.82  # difflib's ratio from which on two words are one word mistyped


def words(text: str) -> list[str]:
    """Return the words of the text without case, accents, apostrophes and dots."""
    plain = unicodedata.normalize("NFKD", SILENT.sub("", text).casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return WORD.findall(plain.translate(NOT_DECOMPOSED))


def split_query(query: str) -> tuple[str, dict[str, str]]:
    """Return the free text and the filters; a filter's value reaches to the next filter."""
    pieces = FILTER.split(query)
    filters = {
        name.lower(): value.strip() for name, value in zip(pieces[1::2], pieces[2::2], strict=True)
    }
    return pieces[0].strip(), filters


class Index:
    """Words of one kind of text to the albums that hold them."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._holders: dict[str, set[str]] = defaultdict(set)
        for identifier, text in texts:
            for word in words(text):
                self._holders[word].add(identifier)
        self._similar: dict[str, set[str]] = {}

    def share(self, text: str, enough: float) -> dict[str, float]:
        """Return the albums that hold at least `enough` (0 to 1) of the words, with the share."""
        wanted = words(text)
        found = Counter(identifier for word in wanted for identifier in self._about(word))
        least = enough * len(wanted)
        return {key: count / len(wanted) for key, count in found.items() if count >= least}

    def _about(self, word: str) -> set[str]:
        """Return the albums with this word, one that begins with it, or one spelled like it."""
        if word not in self._similar:
            like = [known for known in self._holders if known.startswith(word)]
            if len(word) > 3:
                like += [known for known in self._holders if len(known) > 3 and word in known]
                like += difflib.get_close_matches(word, self._holders, n=5, cutoff=CLOSE)
            self._similar[word] = set().union(*(self._holders[known] for known in like))
        return self._similar[word]


class Search:
    """Answers queries over a fixed set of albums."""

    def __init__(self, albums: dict[str, Album]) -> None:
        self._albums = albums
        self._titles = Index((key, album.name) for key, album in albums.items())
        self._artists = Index((key, " ".join(album.artists)) for key, album in albums.items())
        self._both = Index(
            (key, " ".join((album.name, *album.artists))) for key, album in albums.items()
        )

    def find(self, query: str) -> list[Album]:
        """Return the albums for a query, best first; equally good ones in no helpful order."""
        text, filters = split_query(query)
        if any(FATAL_IN_FILTERS.search(value) for value in filters.values()):
            return []
        scores = dict.fromkeys(self._albums, 0.0)
        if words(text):
            scores = narrow(scores, self._both.share(text, ENOUGH_OF_TEXT))
        if "album" in filters:
            scores = narrow(scores, self._titles.share(filters["album"], ENOUGH_OF_TITLE))
        if "artist" in filters:
            scores = narrow(scores, self._artists.share(filters["artist"], 1.0))
        if "year" in filters:
            span = years(filters["year"])
            scores = {key: score for key, score in scores.items() if self._albums[key].year in span}
        if "upc" in filters:
            scores = {
                key: score
                for key, score in scores.items()
                if self._albums[key].upc == filters["upc"]
            }
        if not words(text) and not filters:
            return []
        order = sorted(scores, key=lambda key: (-scores[key], digest("order", key)))
        return [self._albums[key] for key in order]


def narrow(scores: dict[str, float], found: dict[str, float]) -> dict[str, float]:
    """Return the albums that are in both, with their scores added."""
    return {key: scores[key] + score for key, score in found.items() if key in scores}


def years(text: str) -> range:
    """Return the years of `1959` or `1955-1960`; none where the text is neither."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text.strip())
    if match is None:
        return range(0)
    return range(int(match[1]), int(match[2] or match[1]) + 1)
