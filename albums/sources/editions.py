"""Telling an album's title from the words that only name an edition of it."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from .folding import fold


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A part of a title is dropped when it has one of these words and otherwise only companions.
# "Live", "Taylor's Version", "Acoustic", "Vol." are no editions: they are other recordings.
EDITION_WORDS = _words(
    "anniversary bonus collectors deluxe edition editions expanded explicit legacy limited mono "
    "reissue reissued remaster remastered remasters stereo"
)
COMPANIONS = _words(
    "a album and audio cd cds clean collector digital disc disk hd hi hq in international japan "
    "japanese lp mastered mix new of original res series special super the tour track tracks uk "
    "ultimate us version with year years"
)
# Also dropped at the very end of a title without brackets: "Rumours Deluxe Edition".
TRAILING_WORDS = _words("deluxe edition expanded remaster remastered")

_BRACKETED = re.compile(r"[(\[{]([^()\[\]{}]{1,200})[)\]}]")
_DASHED = re.compile(r"\s[-\u2013\u2014:/]\s([^-\u2013\u2014]{1,200})$")
_NUMBER = re.compile(r"\d{1,4}(?:st|nd|rd|th)?")
_NUMBERS = re.compile(r"\d+")
_NUMERALS = re.compile(r"\d+|\b[ivx]+\b")
_ROMAN = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}


@dataclass(frozen=True)
class Title:
    """`core`: folded, without edition words. `numerals`: sorted, Roman ones as numbers.

    `digits` is the core with its numerals as digits, for comparing.
    """

    core: str
    digits: str
    editions: frozenset[str]
    numerals: tuple[str, ...]


@lru_cache(maxsize=16_384)
def read_title(text: str) -> Title:
    """Split a title into what names the album and what names an edition.

    "Rumours (35th Anniversary Deluxe Edition)" has the core "rumours"; "1989 (Taylor's
    Version)" stays whole. A title of edition words alone ("Legacy") is its own core.
    """
    text = unicodedata.normalize("NFKC", text)
    dropped: set[str] = set()

    def without_edition(match: re.Match[str]) -> str:
        words = fold(match[1]).split()
        found = EDITION_WORDS.intersection(words)
        rest = [word for word in words if word not in EDITION_WORDS | COMPANIONS]
        if not found or not all(map(_NUMBER.fullmatch, rest)):
            return match[0]
        dropped.update(found)
        return " "

    shorter = _DASHED.sub(without_edition, _BRACKETED.sub(without_edition, text).rstrip())
    if not shorter.strip():
        shorter, dropped = text, set()
    words = fold(shorter).split()
    while len(words) > 1 and words[-1] in TRAILING_WORDS:
        dropped.add(words.pop())
    core = " ".join(words)
    digits = in_digits(core)
    return Title(core, digits, frozenset(dropped), tuple(sorted(_NUMBERS.findall(digits))))


def sides(text: str) -> tuple[str, ...]:
    """Return a bilingual title's whole and its sides: "Songs = ソングス" is any of three."""
    parts = [part.strip() for part in unicodedata.normalize("NFKC", text).split(" = ")]
    return tuple(dict.fromkeys([text, *filter(None, parts)])) if len(parts) > 1 else (text,)


def in_digits(core: str) -> str:
    """Return a folded title with its numerals as digits: "led zeppelin ii" as "led zeppelin 2".

    One letter alone is a numeral only behind other words: "Use Your Illusion I", not "X".
    """

    def digits(match: re.Match[str]) -> str:
        text = match[0]
        at_end = match.start() > 0 and match.end() == len(core)
        if text[0].isdigit():
            return text.lstrip("0") or "0"
        if _ROMAN.fullmatch(text) and (len(text) > 1 or at_end):
            return str(_roman(text))
        return text

    return _NUMERALS.sub(digits, core)


def _roman(text: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in text]
    following = [*values[1:], 0]
    return sum(
        -value if value < after else value for value, after in zip(values, following, strict=True)
    )
