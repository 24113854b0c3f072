"""Template tags and the words for times."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from frontend import words
from frontend.templatetags.frontend import minutes, relative_time, time_in


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7199, "1 hour ago"),
        (7200, "2 hours ago"),
        (86_400, "1 day ago"),
        (40 * 86_400, "1 month ago"),
        (800 * 86_400, "2 years ago"),
    ],
)
def test_how_long_ago(seconds: int, text: str):
    assert words.ago(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "a few seconds left"),
        (34, "about 30 s left"),
        (118, "about 2 min left"),
        (3599, "about 1 h left"),
        (4800, "about 1 h 20 min left"),
    ],
)
def test_time_left_is_rounded(seconds: int, text: str):
    assert words.time_left(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "under 1 s"), (14.9, "14 s"), (125, "2 min 5 s"), (7200, "2 h"), (100_800, "1 day 4 h")],
)
def test_spans(seconds: float, text: str):
    assert words.span(seconds) == text


def test_a_relative_time_has_the_full_time_as_its_title():
    moment = timezone.now() - timedelta(hours=2)
    html = relative_time(moment)
    assert ">2 hours ago</time>" in html
    assert f'title="{words.absolute(moment.astimezone(UTC))}"' in html


def test_a_relative_time_without_a_moment_is_hidden_and_can_be_found():
    html = relative_time(None, "clock", part="until")
    assert 'data-part="until" hidden' in html


def test_the_time_of_another_day_has_its_date():
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert words.clock(noon, noon) == "12:00 UTC"
    assert words.clock(noon, noon + timedelta(days=1)) == "22 Nov 2026, 12:00 UTC"


@pytest.mark.parametrize(
    ("duration_ms", "text"), [(None, ""), (0, "0:00"), (187_400, "3:07"), (3_723_000, "1:02:03")]
)
def test_the_length_of_a_track(duration_ms: int | None, text: str):
    assert minutes(duration_ms) == text


def test_a_moment_of_a_sync_is_told_from_its_beginning():
    begun = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    told = [time_in(begun + timedelta(seconds=s), begun.isoformat()) for s in (0.4, 75, -90)]
    assert [">at once<" in told[0], ">+1 min 15 s<" in told[1]] == [True, True]
    assert ">11:58 UTC<" in told[2]  # a clock was set back
    assert f'title="{words.absolute(begun + timedelta(seconds=75))}"' in told[1]
