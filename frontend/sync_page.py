"""`/syncs/<id>/`: one sync as a story, with its failures, every difference that it made, and each
of its events."""

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.compare_page import offer
from frontend.event_links import event_url
from frontend.event_rows import event_row, step_row
from frontend.pages import audit_page
from frontend.panel import bar, counts, effect, panel, panel_state
from frontend.sync_query import SyncQuery, parse
from frontend.waterfall import waterfall
from syncengine import history as audits
from syncengine import story
from syncengine.events import instant
from syncengine.http import HttpError, of_a_sound_log
from syncengine.log import current_status
from syncengine.models import SyncEvent
from syncengine.projection import UNFINISHED_STATES
from syncengine.selection import Selection
from syncengine.sentences import TRIGGERS, albums, progress

ALBUMS_PER_PAGE = 100
EVENTS_A_READ = 100
EVENTS_SEARCHED = 20_000  # for one page: whoever looks for what is rare goes on from there
WOULD_ARCHIVE_PER_PAGE = 100
SYNCED_KINDS = ("album-synced", "albums-unchanged", "album-removed")
HIDDEN_FILTERS = ("kind", "person", "album")  # have no field, but links name them
OUTCOME_WORDS = {
    "failed": "Failed",
    "added": "Added",
    "updated": "Updated",
    "unchanged": "Unchanged",
    "archived": "Archived",
    "steps": "Steps of the sync",
}


@audit_page
def sync(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """The page. 400 where a filter or a position is none, 404 where there is no such sync or the
    event at `?at=` is none of it, 409 where the log does not hold there."""
    with of_a_sound_log():
        return _told(request, str(operation_id))


def _told(request: HttpRequest, name: str) -> HttpResponse:
    # The status before the events: see `frontend.views.catalog`.
    status = current_status()
    current = status["operation"]
    newest = current is not None and current["id"] == name
    # Not read again where it is at hand: what is told and what is listed then end together.
    operation = current if newest else audits.operation_status(name)
    if operation is None:
        raise Http404
    head = status["position"]
    query = parse(request.GET, name, head)
    state = panel_state(operation)
    live = state in UNFINISHED_STATES
    offers = panel({"last_synced_at": None, "operation": operation}, timezone.now())
    context = {
        "section": "history",
        "query": query,
        "operation": operation,
        "state": state,
        "retry": offers["retry"] if newest else 0,
        **_review(request, newest and offers["review"]),
        "effect": effect(operation) if state == "failed" else "",
        "counts": counts(operation),
        "duration": offers["duration"] if operation["worker"] else "",
        "trigger": TRIGGERS.get(operation["trigger"], operation["trigger"]),
        "bar": bar(operation, None) if live else None,
        "figures": offers["figures"] if live else "",
        "compared_with": offer(UUID(name)),
        "outcomes": OUTCOME_WORDS,
        "kept_filters": [(key, query.texts[key]) for key in HIDDEN_FILTERS if key in query.texts],
        "export_query": query.url() if query.narrowed else "",
        "until": head,
        "asked": datetime.fromisoformat(operation["requested_at"]),
        "live": live,
    }
    if query.at is not None:
        context["event"] = _event(name, query.at, head)
    else:
        context |= _lists(query, head)
        context |= {} if query.narrowed else _story(name, head)
    if live:
        viewer = {"name": request.user.get_username(), "now": timezone.now().isoformat()}
        context |= {"status": status, "viewer": viewer}
    return render(request, "sync.html", context)


def _story(operation: str, head: int) -> dict[str, Any]:
    """The steps in sentences and as a waterfall."""
    steps = story.steps(operation)
    parts = []
    for part in story.told(operation, steps, head):
        match part:
            case story.Step():
                row = step_row(operation, part.position, part.kind, part.at, part.data)
                parts.append(row | {"is": "step"})
            case story.Albums():
                words = progress(part.done, part.failed, part.archived)
                parts.append({"is": "albums", "sentence": words})
            case story.Cut():
                parts.append({"is": "cut", "steps": part.steps})
    chart = waterfall(steps, _last_moment(operation))
    lanes = [(lane, event_url(operation, lane.position)) for lane in chart.lanes] if chart else []
    return {"story": parts, "waterfall": chart, "lanes": lanes}


def _last_moment(operation: str) -> datetime:
    last = audits.events_of(operation).order_by("-position").values_list("at", flat=True)
    moment: datetime = last[0]
    return moment


def _lists(query: SyncQuery, head: int) -> dict[str, Any]:
    """What is shown of the events: with filters those that match, in the order of the log; else
    first what failed, and then the rest."""
    [part] = query.wanted.parts(head)
    codes = _codes(str(part.operation))
    if query.narrowed:
        found, further, searched = _page(part, query.after)
        return {"codes": codes, "found": found, "more_found": further, "searched": searched}
    failures, more_failures, _ = _page(part, query.failed_after, ("album-failed",))
    results, more_results, _ = _page(part, query.after, SYNCED_KINDS)
    return {
        "codes": codes,
        "failures": failures,
        "more_failures": more_failures,
        "results": results,
        "more_results": more_results,
    }


def _page(
    part: Selection, after: int, kinds: Collection[str] = ()
) -> tuple[list[dict[str, Any]], int | None, bool]:
    """Rows for the page after a position, of these kinds where there are any given; the position
    that the next page begins after if there is one; and whether the page ends there because enough
    was searched, not because it is full.

    An event may be about 100 albums and is not divided, so a page can have a few more.
    """
    rows: list[dict[str, Any]] = []
    shown = 0
    for searched, event in enumerate(_read(replace(part, after=after), kinds)):
        if shown >= ALBUMS_PER_PAGE or searched >= EVENTS_SEARCHED:
            return rows, event.position - 1, searched >= EVENTS_SEARCHED
        if part.says(event.kind, event.data):
            row = event_row(event)
            rows.append(row)
            shown += len(row.get("albums", [row]))
    return rows, None, False


def _read(part: Selection, kinds: Collection[str]) -> Iterator[SyncEvent]:
    """A few at a time, since most pages need no more; each from the part's own `after` on (see
    `syncengine.export`)."""
    of_kinds = {"kind__in": kinds} if kinds else {}
    while batch := list(part.events().filter(**of_kinds)[:EVENTS_A_READ]):
        yield from batch
        part = replace(part, after=batch[-1].position)


def _event(operation: str, position: int, head: int) -> dict[str, Any]:
    """One event with all that is recorded of it. Raises HttpError where it is none of this sync."""
    event = SyncEvent.objects.filter(pk=position).first()
    if event is None:
        problem = f"There is no event {position}: the log has those from 1 to {head}."
        raise HttpError(404, "unknown-event", problem, "Open the sync without it.")
    if str(event.operation) != operation:
        problem = f"Event {position} is not of this sync."
        where = f"Its sync is {event.operation}: open it there." if event.operation else ""
        raise HttpError(404, "other-sync", problem, where or "It belongs to no sync at all.")
    around = audits.events_of(operation).values_list("position", flat=True)
    before = around.filter(position__lt=position).last()
    after = around.filter(position__gt=position).first()
    return {
        **event_row(event),
        "previous_hash": event.previous_hash,
        "hash": event.hash,
        "raw": _raw(event),
        "before": before and event_url(operation, before),
        "after": after and event_url(operation, after),
    }


def _raw(event: SyncEvent) -> str:
    """All that is stored of the event, as JSON for people; its data as text where it is none."""
    stored = {
        "position": event.position,
        "operation": event.operation and str(event.operation),
        "kind": event.kind,
        "version": event.version,
        "at": instant(event.at),
        "data": story.read(event.data) or event.data,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }
    return json.dumps(stored, ensure_ascii=False, indent=2)


def _codes(operation: str) -> list[str]:
    """The error codes of the albums that failed."""
    failed = audits.events_of(operation, "album-failed").order_by("code")
    return list(failed.values_list("code", flat=True).distinct())


def _review(request: HttpRequest, wanted: bool) -> dict[str, Any]:
    """A page of the albums that the newest sync would have archived, and their number in words."""
    if not wanted:
        return {}
    paginator = Paginator(audits.would_archive(), WOULD_ARCHIVE_PER_PAGE)
    try:
        shown = paginator.page(request.GET.get("archive") or 1)
    except InvalidPage:
        problem = f"There are {paginator.num_pages} pages of albums that would be archived."
        raise HttpError(404, "no-such-page", problem, "Open the sync without it.") from None
    return {"would_archive": shown, "would_archive_albums": albums(paginator.count)}
