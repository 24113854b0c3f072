"""An album in the catalog, as a card or a row of a list."""

from functools import lru_cache
from typing import Any

from django.template import Context, loader
from django.utils.safestring import SafeString

from albums.models import Album

TEMPLATES = {"grid": "_card.html", "list": "_row.html"}  # by the views of a query
SHOWN = (  # all that the templates know of an album
    "id",
    "artist",
    "title",
    "sort_artist",
    "sort_title",
    "year",
    "genres",
    "label",
    "total_tracks",
    "cover_url",
    "spotify_id",
    "spotify_url",
)
MAX_KEPT = 4000  # of about 1 KiB each


def rendered(album: Album, view: str) -> SafeString:
    """It is rendered once for as long as nothing that it shows differs: while somebody types a
    search, the same albums are asked for again and again, and to render sixty takes longer than to
    find them among ten thousand."""
    values = (getattr(album, name) for name in SHOWN)
    return _rendered(TEMPLATES[view], *(tuple(v) if isinstance(v, list) else v for v in values))


@lru_cache(maxsize=MAX_KEPT)
def _rendered(name: str, *values: Any) -> SafeString:
    template = loader.get_template(name).template  # type: ignore[attr-defined]
    # No number in it is written as people of some country write it: the years are not, and the
    # others are of markup.
    context = Context({"album": dict(zip(SHOWN, values, strict=True))}, use_l10n=False)
    text: SafeString = template.render(context)
    return text
