"""Cleaning of text that strangers wrote, before anything stores or shows it."""

import re
import unicodedata

# C0 and C1 controls that do not separate words, and what hides or reorders the text around it:
# zero-width space, word joiner, byte order mark, soft hyphen, bidi marks, embeddings, overrides
# and isolates, lone surrogates, noncharacters. The joiners U+200C and U+200D stay: Persian,
# Hindi and emoji are misspelt without them.
_REMOVED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff]"
)

# Putting marks into order takes the square of the length of a run of them: 100,000 of them, which
# an answer may well hold, took 14 s. No language needs more than this many on one letter
# (https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format).
MAX_MARKS = 30
# What may be a run of too many marks. A class of scattered characters beyond U+FFFF would make the
# search a hundred times slower, so all of those may be marks here.
_MAYBE_MARK = "".join(filter(unicodedata.combining, map(chr, range(0x300, 0x10000))))
_MAYBE_MARK = f"[{_MAYBE_MARK}\U00010000-\U0001ffff]"
_LONG_RUN = re.compile(f"{_MAYBE_MARK}{_MAYBE_MARK}{{{MAX_MARKS},}}")


def clean(text: str, limit: int | None = None) -> str:
    """Return `text` as one printable line: NFC, single spaces, at most `limit` characters.

    Removes controls, NUL, lone surrogates and bidi overrides (https://trojansource.codes/);
    turns every run of white space, no-break spaces and line ends included, into one space.
    Takes time in proportion to the length of `text`, whatever it is.
    Curly quotes stay, they are part of a title; `folding.fold` is what makes them equal.
    """
    if text.isascii() and text.isprintable():  # most cells; three times as fast
        line = " ".join(text.split())
        return line if limit is None else line[:limit].rstrip()
    line = " ".join(composed(_REMOVED.sub("", text)).split())
    return line if limit is None else line[:limit].rstrip()


def composed(text: str) -> str:
    """Return `text` in NFC, with at most `MAX_MARKS` combining marks in a row."""
    # The second time because some marks (U+0344) become two.
    return _with_few_marks(unicodedata.normalize("NFC", _with_few_marks(text)))


def _with_few_marks(text: str) -> str:
    return _LONG_RUN.sub(_without_surplus, text)


def _without_surplus(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for sign in run[0]:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if marks <= MAX_MARKS:
            kept.append(sign)
    return "".join(kept)
