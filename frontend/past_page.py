"""The catalog as it was: `/?as-of=` a moment or a sync, and what differs today."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from albums import past
from albums.models import Album
from albums.past import PastAlbum
from frontend import as_of, past_query
from frontend.choices import choices
from frontend.differences import Line, lines
from syncengine import roles
from syncengine.http import door

ALBUMS_PER_PAGE = 60
SINCE_LABELS = {"added": "Added since", "archived": "Archived since", "changed": "Changed since"}


@door(roles.is_auditor)
def past_catalog(request: HttpRequest) -> HttpResponse:
    """The page for auditors and admins; see `as_of.read` for what is refused."""
    asked, notes = past_query.parse(request.GET)
    moment = as_of.read(asked.as_of, timezone.now())
    then, since = past.as_of_with_difference(moment.position, as_of.head())
    chosen: dict[str, Sequence[PastAlbum]] = {
        "": then,
        "added": since.added,
        "archived": since.archived,
        "changed": [one.before for one in since.changed],
    }
    listed = chosen[asked.since]
    found = past.narrowed(
        listed, q=asked.q, genre=asked.genre, decade=asked.decade, label=asked.label
    )
    found.sort(key=past.SORT_KEYS[asked.sort])
    paginator = Paginator(found, ALBUMS_PER_PAGE)
    shown = paginator.get_page(asked.page)
    if shown.number != asked.page:
        notes.append(f"There is no page {asked.page}, so the last one is shown.")
    context = {
        "past": moment,
        "query": asked,
        "notes": notes,
        "page": shown,
        "albums": [album.as_album() for album in shown],
        "page_numbers": paginator.get_elided_page_range(shown.number, on_each_side=1, on_ends=1),
        **choices(past.facets(listed), asked),
        "views": _views(asked, {name: len(albums) for name, albums in chosen.items()}),
        "differences": _differences(since, list(shown)) if asked.since == "changed" else [],
        "sample": Album(),
        "section": "catalog",
    }
    return render(request, "past.html", context)


def _differences(
    since: past.Difference, shown: Sequence[PastAlbum]
) -> list[tuple[PastAlbum, list[Line]]]:
    """The albums of one page, as they were, each with what is different today."""
    pairs = {one.before.pk: one for one in since.changed}
    changes = past.changes([pairs[album.pk] for album in shown])
    return [(album, lines(found)) for album, found in zip(shown, changes, strict=True)]


def _views(asked: past_query.PastQuery, counts: dict[str, int]) -> list[dict[str, Any]]:
    """The catalog of then and its differences to today, each with its number and its address."""
    labels = {"": "As it was", **SINCE_LABELS}
    return [
        {
            "label": label,
            "count": counts[name],
            "url": asked.url(since=name, page=1),
            "current": name == asked.since,
        }
        for name, label in labels.items()
    ]
