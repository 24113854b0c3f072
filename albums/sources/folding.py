"""Making names comparable: what differs only in spelling becomes equal."""

import re
import unicodedata
from functools import lru_cache

# Accents of the Latin, Greek and Cyrillic scripts. Marks of other scripts stay: in Japanese,
# Thai or Hindi they make another letter.
_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f]")
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "\u0131": "i",
        "ħ": "h",
    }
)
_APOSTROPHES = re.compile("['`\u00b4\u02b9\u02bb\u02bc\u2018\u2019\u201a\u201b\u2032\uff07]")
_INITIALS = re.compile(r"(?<=\b\w)\.(?=\w\b|\s|$)")  # R.E.M. is REM, Vol. 2 is not Vol2
_ASCII_SIGNS = re.compile(r"[^0-9a-z]+")
_KEPT = frozenset("LMN")  # categories of letters, marks and numbers


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """Return `text` in lower case without accents, punctuation and differences of width.

    "&" becomes "and"; apostrophes vanish, other punctuation separates words. A name of signs
    alone ("÷", "!!!") stays as it is, so that only a blank text folds to an empty one. Keys of
    stored albums are hashes of folded names: a change here would change those keys.
    """
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text)).casefold()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain)).translate(_LETTERS)
    letters = unicodedata.normalize("NFC", plain)
    words = _INITIALS.sub("", letters.replace("&", " and "))
    if words.isascii():
        return " ".join(_ASCII_SIGNS.sub(" ", words).split()) or " ".join(text.casefold().split())
    kept = (sign if unicodedata.category(sign)[0] in _KEPT else " " for sign in words)
    folded = " ".join("".join(kept).split())
    return folded or " ".join(unicodedata.normalize("NFKC", text).casefold().split())
