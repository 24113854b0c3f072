"""The pages. What they show at first paint is complete; scripts only keep it current."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from albums import catalog as albums_catalog
from albums.models import Album
from frontend import album_page
from frontend import query as queries
from frontend.choices import choices
from frontend.pages import page
from frontend.panel import RESULT_STATES, panel, panel_state
from frontend.past_page import past_catalog
from frontend.past_query import AS_OF
from syncengine import presence, roles
from syncengine.http import of_a_sound_log
from syncengine.log import current_status
from syncengine.projection import UNFINISHED_STATES

ALBUMS_PER_PAGE = 60
PART = "X-Part"  # with `albums` the catalog answers with nothing else: for who types a search


@page
def catalog(request: HttpRequest) -> HttpResponseBase:
    if AS_OF in request.GET:
        return past_catalog(request)
    # The status before the albums: the live page asks for the events after this status, and to
    # apply one again does no harm, while one between albums and status would never be applied.
    status, now = current_status(), timezone.now()
    worker_missing = (
        panel_state(status["operation"]) in UNFINISHED_STATES and not presence.is_alive()
    )
    asked, notes = queries.parse(request.GET, albums_catalog.SORTS)
    found = albums_catalog.browse(
        q=asked.q, sort=asked.sort, genre=asked.genre, decade=asked.decade, label=asked.label
    )
    paginator = Paginator(found, ALBUMS_PER_PAGE)
    shown = paginator.get_page(asked.page)
    if shown.number != asked.page:
        notes.append(f"There is no page {asked.page}, so the last one is shown.")
    # Found by their ids, since to find whole albums would read the tracks of all that there are.
    ids = cast("QuerySet[Album]", shown.object_list)
    found_albums = {
        "query": asked,
        "notes": notes,
        "page": shown,
        "albums": albums_catalog.chosen(ids.values("pk"), asked.sort),
        "page_numbers": paginator.get_elided_page_range(shown.number, on_each_side=1, on_ends=1),
        "sample": Album(),
        "status": status,
        "is_configured": _is_configured(),
    }
    if request.headers.get(PART) == "albums":
        return render(request, "_albums.html", found_albums)
    context: dict[str, Any] = {
        **found_albums,
        **choices(albums_catalog.facets(), asked),
        "section": "catalog",
        "operation": status["operation"],
        "result_states": RESULT_STATES,
        "panel": panel(status, now, worker_missing),
        "viewer": {
            "name": request.user.get_username(),
            "now": now.isoformat(),
            "worker_missing": worker_missing,
        },
    }
    return render(request, "catalog.html", context)


def _is_configured() -> bool:
    """Whether there is all that a sync needs to be told."""
    return all(
        (settings.GOOGLE_SHEETS_URL, settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_CLIENT_SECRET)
    )


@page
def album(request: HttpRequest, album_id: UUID) -> HttpResponse:
    found = get_object_or_404(Album, pk=album_id)
    discs: dict[int, list[dict[str, Any]]] = {}
    for track in found.tracks:
        discs.setdefault(track.get("disc") or 1, []).append(track)
    total_ms = sum(track.get("duration_ms") or 0 for track in found.tracks)
    context = {"album": found, "discs": sorted(discs.items()), "total_ms": total_ms}
    if not roles.is_auditor(request.user):
        return render(request, "album.html", context)
    with of_a_sound_log():
        context |= album_page.history(request, str(found.pk))
        return render(request, "album.html", context)
