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


def clean(text: str, limit: int | None = None) -> str:
    """Return `text` as one printable line: NFC, single spaces, at most `limit` characters.

    Removes controls, NUL, lone surrogates and bidi overrides (https://trojansource.codes/);
    turns every run of white space, no-break spaces and line ends included, into one space.
    Curly quotes stay, they are part of a title; `folding.fold` is what makes them equal.
    """
    if text.isascii() and text.isprintable():  # most cells; three times as fast
        line = " ".join(text.split())
        return line if limit is None else line[:limit].rstrip()
    line = " ".join(unicodedata.normalize("NFC", _REMOVED.sub("", text)).split())
    return line if limit is None else line[:limit].rstrip()
