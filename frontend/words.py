"""Times, durations and rates in words. The live page says the same with `static/js/words.js`."""

from datetime import datetime

MINUTE_SECONDS = 60
HOUR_SECONDS = 3600
DAY_SECONDS = 86_400
MONTH_DAYS = 30
YEAR_DAYS = 365


def ago(seconds: float) -> str:
    """`just now`, `1 minute ago`, `2 hours ago`."""
    if seconds < MINUTE_SECONDS:
        return "just now"
    if seconds < HOUR_SECONDS:
        return f"{_counted(seconds // MINUTE_SECONDS, 'minute')} ago"
    if seconds < DAY_SECONDS:
        return f"{_counted(seconds // HOUR_SECONDS, 'hour')} ago"
    days = seconds // DAY_SECONDS
    if days < MONTH_DAYS:
        return f"{_counted(days, 'day')} ago"
    if days < YEAR_DAYS:
        return f"{_counted(days // MONTH_DAYS, 'month')} ago"
    return f"{_counted(days // YEAR_DAYS, 'year')} ago"


def short_ago(seconds: float) -> str:
    """`just now`, `12 s ago`, `3 min ago`: for what somebody did a moment ago."""
    if seconds < 1:
        return "just now"
    if seconds < MINUTE_SECONDS:
        return f"{int(seconds)} s ago"
    if seconds < HOUR_SECONDS:
        return f"{int(seconds // MINUTE_SECONDS)} min ago"
    return ago(seconds)


def span(seconds: float) -> str:
    """How long something lasts: `under 1 s`, `14 s`, `2 min 5 s`, `3 h 20 min`, `1 day 4 h`."""
    if seconds < 1:
        return "under 1 s"
    whole = int(seconds)
    if whole < MINUTE_SECONDS:
        return f"{whole} s"
    if whole < HOUR_SECONDS:
        return _pair(whole // MINUTE_SECONDS, "min", whole % MINUTE_SECONDS, "s")
    if whole < DAY_SECONDS:
        return _pair(whole // HOUR_SECONDS, "h", whole % HOUR_SECONDS // MINUTE_SECONDS, "min")
    days = whole // DAY_SECONDS
    hours = whole % DAY_SECONDS // HOUR_SECONDS
    return _pair(days, "day" if days == 1 else "days", hours, "h")


def time_left(seconds: float) -> str:
    """An estimate, rounded so that nobody takes it for a promise."""
    if seconds < 8:
        return "a few seconds left"
    if seconds < 55:
        return f"about {_tens(seconds)} s left"
    if seconds < HOUR_SECONDS - MINUTE_SECONDS / 2:
        return f"about {int(seconds / MINUTE_SECONDS + 0.5)} min left"
    minutes = _tens(seconds / MINUTE_SECONDS)
    return f"about {_pair(minutes // 60, 'h', minutes % 60, 'min')} left"


def pace(albums_per_second: float) -> str:
    """`3.2 albums a second`; below one a second by the minute."""
    if albums_per_second >= 9.95:
        return f"{int(albums_per_second + 0.5)} albums a second"
    if albums_per_second >= 1:
        return f"{albums_per_second:.1f} albums a second"
    return _counted(int(albums_per_second * 60 + 0.5), "album") + " a minute"


def clock(moment: datetime, now: datetime) -> str:
    """The time of day, with the date before it unless it is today's: `14:02 UTC`."""
    text = f"{moment:%H:%M} UTC"
    return text if moment.date() == now.date() else f"{moment.day} {moment:%b %Y}, {text}"


def absolute(moment: datetime) -> str:
    """The full time with its zone: `22 November 2026, 14:02:09 UTC`."""
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} UTC"


def day(moment: datetime) -> str:
    """`22 November 2026`."""
    return f"{moment.day} {moment:%B %Y}"


def _counted(count: float, noun: str) -> str:
    return f"{int(count)} {noun}" if int(count) == 1 else f"{int(count)} {noun}s"


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"


def _tens(value: float) -> int:
    return max(10, int(value / 10 + 0.5) * 10)
