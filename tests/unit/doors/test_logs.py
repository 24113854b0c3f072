"""No text from outside becomes a line of the log, or an order to the terminal that shows it."""

import json
import logging
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from project.access_log import sync_in
from project.logs import JsonFormatter, OneLineFormatter
from syncengine import subject

HOSTILE = "Blue\r\n2026-11-24 10:00:00,000 CRITICAL groovelog forged\x1b[31m\x9b1m\u202e\u2028\0"


def lines(
    message: str,
    error: Exception | None = None,
    stack: str | None = None,
    form: type[logging.Formatter] = OneLineFormatter,
    **extra: Any,
) -> list[str]:
    info = None
    if error is not None:
        try:
            raise error
        except type(error):
            info = sys.exc_info()
    record = logging.LogRecord(
        "groovelog", logging.ERROR, "", 1, "%s", (message,), info, None, stack
    )
    vars(record).update(extra)
    return form().format(record).split("\n")


def parsed(message: str, *args: Any, **extra: Any) -> dict[str, Any]:
    """The one line of the form for programs."""
    [line] = lines(message, *args, form=JsonFormatter, **extra)
    assert line.isprintable()
    found: dict[str, Any] = json.loads(line)
    return found


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


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_one_object(text: str) -> None:
    found = parsed(text)
    assert found["message"].isprintable()
    assert (found["operation"], found["position"], "traceback" in found) == (None, None, False)


def test_an_object_has_the_whole_traceback_and_nothing_that_forges() -> None:
    found = parsed(HOSTILE, ValueError(HOSTILE), "Stack\n" + HOSTILE)
    assert found["level"] == "ERROR" and found["time"].endswith("Z")
    assert "Traceback (most recent call last):" in found["traceback"]
    assert all(line.isprintable() for line in found["traceback"].split("\n"))


def test_a_line_is_about_what_its_task_is_about() -> None:
    with subject.about("one", 3):
        assert (parsed("x")["operation"], parsed("x")["position"]) == ("one", 3)
        subject.note(None, 4)
        assert (parsed("x")["operation"], parsed("x")["position"]) == ("one", 4)
        assert parsed("x", operation="two", position=None)["operation"] == "two"
    subject.note("nobody's", 5)
    assert (parsed("x")["operation"], parsed("x")["position"]) == (None, None)


def test_a_request_is_about_the_sync_in_its_path() -> None:
    one = "0b7e6d5c-4a39-4281-9706-f5e4d3c2b1a0"
    assert sync_in(f"/syncs/{one}/") == sync_in(f"/api/syncs/{one}/replay") == one
    assert sync_in(f"GET /syncs/{one}/cancel/?x=1") == one
    assert sync_in("/syncs/") is None and sync_in(f"/syncs/{one[:-1]}/") is None
