"""Template tags: times that move on by themselves, and covers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from albums.models import Album
from frontend import cards, words
from frontend import pattern as patterns

register = template.Library()


@register.simple_tag
def relative_time(
    moment: datetime | str | None, form: str = "ago", part: str = "", now: datetime | str = ""
) -> SafeString:
    """A `<relative-time>`: `ago`, `short`, `clock` or `countdown`, with the full time as title.
    `now` is another moment to tell it from than this one.

    Without a moment it is empty and hidden, ready to be filled by the live page, which finds it
    by `part`.
    """
    named = format_html(' data-part="{}"', part) if part else ""
    if not moment:
        return format_html(
            '<relative-time data-form="{}"{} hidden><time></time></relative-time>', form, named
        )
    when = _utc(moment)
    return format_html(
        '<relative-time data-form="{}"{} datetime="{}">'
        '<time datetime="{}" title="{}">{}</time></relative-time>',
        form,
        named,
        when.isoformat(),
        when.isoformat(),
        words.absolute(when),
        _phrase(when, form, _utc(now or timezone.now())),
    )


@register.simple_tag
def album_card(album: Album, view: str) -> SafeString:
    return cards.rendered(album, view)


@register.filter
def cover_pattern(album_id: UUID | str) -> patterns.Pattern:
    return patterns.pattern(album_id if isinstance(album_id, UUID) else UUID(album_id))


@register.filter
def minutes(duration_ms: int | None) -> str:
    """A track's length: `3:07`."""
    if duration_ms is None:
        return ""
    seconds = (int(duration_ms) + 500) // 1000
    hours, rest = divmod(seconds, 3600)
    if hours:
        return f"{hours}:{rest // 60:02}:{rest % 60:02}"
    return f"{rest // 60}:{rest % 60:02}"


@register.simple_tag
def time_in(moment: datetime, begun: datetime | str) -> SafeString:
    """When something happened in a sync: so long after it was asked for, with the full time as
    title. Where a clock was set back meanwhile it is the time of day."""
    when = _utc(moment)
    seconds = (when - _utc(begun)).total_seconds()
    text = f"+{words.span(seconds)}" if seconds >= 1 else "at once"
    if seconds < 0:
        text = words.clock(when, when)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', when.isoformat(), words.absolute(when), text
    )


@register.filter
def duration(value: timedelta | None) -> str:
    return "" if value is None else words.span(value.total_seconds())


@register.simple_tag
def url_with(query: Any, **changes: Any) -> str:
    """The catalog's query as a link, with some values replaced."""
    return str(query.url(**changes))


def _utc(moment: datetime | str) -> datetime:
    return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(UTC)


def _phrase(when: datetime, form: str, now: datetime) -> str:
    passed = (now - when).total_seconds()
    match form:
        case "clock":
            return words.clock(when, now)
        case "countdown":
            return words.span(max(0, -passed))
        case "short":
            return words.short_ago(passed)
    return words.ago(passed)
