"""Text of strangers becomes one harmless line."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albums.sources.text import MAX_MARKS, clean, composed


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


def test_a_letter_keeps_as_many_marks_as_any_language_needs() -> None:
    marks = "\u0323\u0301" * 40
    assert clean(f"a{marks}b") == unicodedata.normalize("NFC", f"a{marks[:MAX_MARKS]}b")
    assert clean(f"a{marks[:MAX_MARKS]}b") == unicodedata.normalize("NFC", f"a{marks[:MAX_MARKS]}b")
    assert clean("\U0001e8d0" * 99) == "\U0001e8d0" * MAX_MARKS


@given(st.text(st.sampled_from("aé\u0301\u0323\u0344\U0001d165\U0001e8d0日\u3099가\u1100\u1161")))
def test_other_text_is_put_into_nfc_and_nothing_else(raw: str) -> None:
    runs = "".join("m" if unicodedata.combining(sign) else "." for sign in raw).split(".")
    if max(map(len, runs)) * 2 <= MAX_MARKS:  # some marks become two
        assert composed(raw) == unicodedata.normalize("NFC", raw)
    assert composed(composed(raw)) == composed(raw)


def test_marks_by_the_thousand_take_time_in_proportion() -> None:
    def seconds(text: str) -> float:
        began = time.process_time()
        clean(text)
        return time.process_time() - began

    marks = min(seconds("a" + "\u0315\u0300\u0323\u0334" * 10_000) for _ in range(3))
    letters = min(seconds("é" * 40_000) for _ in range(3))
    assert marks < 100 * letters  # in the order that normalising takes, 2,000 times as long
