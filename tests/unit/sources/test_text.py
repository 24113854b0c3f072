"""Text of strangers becomes one harmless line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albums.sources.text import clean


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("  Kid\u00a0A \n", "Kid A"),
        ("a\r\nb\tc\x0bd\x85e\u2028f", "a b c d e f"),
        ("nul\x00 esc\x1b[31m", "nul esc[31m"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("half \ud800 pair", "half pair"),
        ("\ufeffBOM\u200b", "BOM"),
        ("Bjo\u0308rk", "Bj\u00f6rk"),
        ("Don\u2019t \u201cStop\u201d", "Don\u2019t \u201cStop\u201d"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # Persian keeps its joiner
    ],
)
def test_what_hides_or_breaks_is_removed_and_letters_stay(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@given(st.text(st.characters(exclude_categories=())), st.integers(1, 40))
def test_the_result_is_short_storable_and_stable(raw: str, limit: int) -> None:
    text = clean(raw, limit)
    text.encode()  # no lone surrogate
    assert len(text) <= limit
    assert clean(text, limit) == text
    assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in text)
