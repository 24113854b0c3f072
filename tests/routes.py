"""Every address that the product answers, read from its URLconf, so that no test forgets one."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import RegexPattern, URLResolver

PART = re.compile(r"<(?:\w+:)?(\w+)>")


def routes() -> list[str]:
    """The routes as `albums/<uuid:album_id>/`; a pattern is written as one of its addresses."""
    return list(_walk(get_resolver().url_patterns))


def addresses(**parts: Any) -> list[str]:
    """Every route as a path, with `parts` in the places that have these names."""
    return ["/" + PART.sub(lambda place: str(parts[place[1]]), route) for route in routes()]


def _walk(patterns: list[Any], before: str = "") -> Iterator[str]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, before + str(entry.pattern))
        elif isinstance(entry.pattern, RegexPattern):
            yield before + ("auth/" if "app_label" in str(entry.pattern) else "nowhere/")
        else:
            yield before + str(entry.pattern)
