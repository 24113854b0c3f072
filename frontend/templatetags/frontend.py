"""Template tags: times that move on by themselves, and covers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from frontend import pattern as patterns
from frontend import words

register = template.Library()

TOLD_FIELDS = {
    "artist": "artist",
    "title": "title",
    "year": "year",
    "genres": "genres",
    "label": "label",
    "release_date": "released",
    "album_type": "type",
    "total_tracks": "number of tracks",
    "tracks": "tracks",
    "spotify_id": "Spotify id",
    "cover_url": "cover",
    "archived": "archived",
}


@register.simple_tag
def relative_time(moment: datetime | str | None, form: str = "ago", part: str = "") -> SafeString:
    """A `<relative-time>`: `ago`, `short`, `clock` or `countdown`, with the full time as title.

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
        _phrase(when, form),
    )


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


@register.filter
def duration(value: timedelta | None) -> str:
    return "" if value is None else words.span(value.total_seconds())


@register.filter
def told(
    changes: Mapping[str, list[Any]] | None, outcome: str | None
) -> list[tuple[str, str, str]]:
    """The changes that a reader can see in words, as (field, old, new); none for a new album,
    whose every field is new."""
    if outcome != "updated" or not changes:
        return []
    return [
        (label, _in_words(changes[name][0]), _in_words(changes[name][1]) or "nothing")
        for name, label in TOLD_FIELDS.items()
        if name in changes
    ]


@register.simple_tag
def url_with(query: Any, **changes: Any) -> str:
    """The catalog's query as a link, with some values replaced."""
    return str(query.url(**changes))


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        if any(isinstance(item, dict) for item in value):
            return "1 track" if len(value) == 1 else f"{len(value)} tracks"
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)


def _utc(moment: datetime | str) -> datetime:
    return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(UTC)


def _phrase(when: datetime, form: str) -> str:
    now = timezone.now().astimezone(UTC)
    passed = (now - when).total_seconds()
    match form:
        case "clock":
            return words.clock(when, now)
        case "countdown":
            return words.span(max(0, -passed))
        case "short":
            return words.short_ago(passed)
    return words.ago(passed)
