"""Whatever Retry-After says becomes a sensible number of seconds."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albums.sources.retry_after import LONGEST_WAIT_S, retry_after

NOW = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30),
        (" 0 ", 0),
        ("1.2", 2),
        ("Sun, 01 Nov 2026 12:01:30 GMT", 90),
        ("Sun, 01 Nov 2026 11:00:00 GMT", 0),
        ("Wed, 11 Nov 2026 12:00:00 GMT", LONGEST_WAIT_S),
        ("864000", LONGEST_WAIT_S),
        ("-5", 7),
        ("soon", 7),
        ("", 7),
        (None, 7),
    ],
)
def test_seconds_and_dates_are_understood(value: str | None, seconds: int) -> None:
    assert retry_after(value, default_s=7, now=NOW) == seconds


@given(st.text() | st.integers().map(str) | st.floats().map(str))
def test_any_text_is_a_wait_of_at_most_a_week(value: str) -> None:
    assert 0 <= retry_after(value, default_s=7, now=NOW) <= LONGEST_WAIT_S
