"""The pages. What they show at first paint is complete; scripts only keep it current."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from albums import catalog as albums_catalog
from albums.models import Album
from frontend import album_page
from frontend import query as queries
from frontend.choices import choices
from frontend.compare_page import offer
from frontend.panel import counts, effect, panel, panel_state
from frontend.past_page import past_catalog
from frontend.past_query import AS_OF
from syncengine import history as audits
from syncengine import presence, roles
from syncengine.http import View, door
from syncengine.log import current_status
from syncengine.projection import UNFINISHED_STATES
from syncengine.sentences import albums

ALBUMS_PER_PAGE = 60
RESULTS_PER_PAGE = 100
RESULT_EVENTS_A_READ = 50
RESULT_STATES = ("completed", "warnings", "failed", "cancelled")


def page(view: View) -> View:
    """A page for people who are signed in; never from a cache, since it shows live state."""
    safe: View = require_safe(never_cache(door()(view)))
    return safe


def audit_page(view: View) -> View:
    """A page for those who may read the history."""
    return page(door(roles.is_auditor)(view))


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
    context = {
        "query": asked,
        "notes": notes,
        "page": shown,
        "page_numbers": paginator.get_elided_page_range(shown.number, on_each_side=1, on_ends=1),
        **choices(albums_catalog.facets(), asked),
        "sample": Album(),
        "section": "catalog",
        "status": status,
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


@page
def album(request: HttpRequest, album_id: UUID) -> HttpResponse:
    found = get_object_or_404(Album, pk=album_id)
    discs: dict[int, list[dict[str, Any]]] = {}
    for track in found.tracks:
        discs.setdefault(track.get("disc") or 1, []).append(track)
    total_ms = sum(track.get("duration_ms") or 0 for track in found.tracks)
    context = {"album": found, "discs": sorted(discs.items()), "total_ms": total_ms}
    if roles.is_auditor(request.user):
        context |= album_page.history(request, str(found.pk))
    return render(request, "album.html", context)


@audit_page
def sync(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    operation = audits.operation_status(str(operation_id))
    if operation is None:
        raise Http404
    failed_after = _position(request, "failed_after") or 0
    after = _position(request, "after") or 0
    failures, more_failures = _results(operation_id, failed=True, after=failed_after)
    results, more_results = _results(operation_id, failed=False, after=after)
    state = panel_state(operation)
    newest = current_status()["operation"]["id"] == operation["id"]
    offers = panel(_alone(operation), timezone.now())
    context = {
        "section": "history",
        "operation": operation,
        "retry": offers["retry"] if newest else 0,
        **_review(request, newest and offers["review"]),
        "state": state,
        "effect": effect(operation) if state == "failed" else "",
        "counts": counts(operation),
        "duration": offers["duration"],
        "failures": failures,
        "more_failures": more_failures,
        "results": results,
        "more_results": more_results,
        "failed_after": failed_after,
        "after": after,
        "compared_with": offer(operation_id),
    }
    return render(request, "sync.html", context)


def _review(request: HttpRequest, wanted: bool) -> dict[str, Any]:
    """A page of the albums that the newest sync would have archived, and their number in words."""
    if not wanted:
        return {}
    paginator = Paginator(audits.would_archive(), RESULTS_PER_PAGE)
    shown = paginator.get_page(request.GET.get("archive"))
    return {"would_archive": shown, "would_archive_albums": albums(paginator.count)}


def _results(
    operation_id: UUID, *, failed: bool, after: int
) -> tuple[list[dict[str, Any]], int | None]:
    """One page of results and, where there are more, the position that they follow.

    An event holds up to 100 albums and is not divided, so a page has a few more than it should.
    """
    results: list[dict[str, Any]] = []
    while len(results) < RESULTS_PER_PAGE:
        batch = audits.album_results(
            str(operation_id), failed=failed, after=after, limit=RESULT_EVENTS_A_READ
        )
        if not batch:
            return results, None
        for result in batch:
            if len(results) >= RESULTS_PER_PAGE and result["position"] != after:
                return results, after
            results.append(result)
            after = result["position"]
    more = audits.album_results(str(operation_id), failed=failed, after=after, limit=1)
    return results, after if more else None


def _alone(operation: dict[str, Any]) -> dict[str, Any]:
    return {"last_synced_at": None, "operation": operation}


def _position(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Http404
    return int(text)
