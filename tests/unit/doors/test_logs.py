"""No text from outside becomes a line of the log, or an order to the terminal that shows it."""

import logging
import sys

from hypothesis import given
from hypothesis import strategies as st

from project.logs import OneLineFormatter

HOSTILE = "Blue\r\n2026-11-24 10:00:00,000 CRITICAL groovelog forged\x1b[31m\x9b1m\u202e\u2028\0"


def lines(message: str, error: Exception | None = None, stack: str | None = None) -> list[str]:
    info = None
    if error is not None:
        try:
            raise error
        except type(error):
            info = sys.exc_info()
    record = logging.LogRecord(
        "groovelog", logging.ERROR, "", 1, "%s", (message,), info, None, stack
    )
    return OneLineFormatter().format(record).split("\n")


def test_a_message_is_one_line_that_shows_what_was_in_it() -> None:
    [line] = lines(HOSTILE)
    assert line.isprintable()
    assert r"Blue\r\n2026" in line and r"\x1b[31m" in line and r"\u202e" in line


def test_a_traceback_keeps_its_lines_and_none_of_them_passes_for_a_message() -> None:
    first, *others = lines("failed", ValueError(HOSTILE), "Stack\n" + HOSTILE)
    assert first.endswith("ERROR groovelog failed")
    assert "    Traceback (most recent call last):" in others
    assert all(line.startswith("    ") and line.isprintable() for line in others)
    assert any("CRITICAL groovelog forged" in line for line in others)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_one_printable_line(text: str) -> None:
    [line] = lines(text)
    assert line.isprintable()
    line.encode()
