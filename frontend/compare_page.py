"""Two syncs compared: `/syncs/compare/?a=<id>&b=<id>`."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from albums import past
from albums.past import Changed, PastAlbum
from frontend.differences import lines
from frontend.event_links import event_url
from frontend.history_rows import row
from syncengine import roles
from syncengine.compare import Comparison, Failure, compare, one_before, syncs_between
from syncengine.http import HttpError, door, of_a_sound_log
from syncengine.models import SyncOperation

Item = Failure | Changed | PastAlbum

SHOWN_AT_FIRST = 20  # of each part, while all parts are on one page
SHOWN_ALONE = 100
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# (name, heading, what it means, whose events tell of it: "a" the earlier sync, "b" the later one)
FAILING_PARTS = (
    ("newly-failing", "Newly failing", "Failed in the later sync and not in the earlier one.", "b"),
    ("still-failing", "Still failing", "Failed in both, told as in the later one.", "b"),
    ("healed", "Healed", "Failed in the earlier sync; the later one synced it.", "a"),
    (
        "untouched",
        "Not tried again",
        "Failed in the earlier sync; the later one did not come to it, or its row is gone.",
        "a",
    ),
)
CATALOG_PARTS = (
    ("changed", "Changed", "As it was after the earlier sync, and after the later one."),
    ("added", "Added", "In the catalog after the later sync, and not after the earlier one."),
    ("archived", "Archived", "In the catalog after the earlier sync, and no more after the later."),
)
NAMES = (*(name for name, *_ in FAILING_PARTS), *(name for name, *_ in CATALOG_PARTS))


@require_safe
@never_cache
@door(roles.is_auditor)
@of_a_sound_log()
def comparison(request: HttpRequest) -> HttpResponse:
    """400 where an id is missing, none, or the same twice; 404 where there is no such sync; 409
    where one has not ended, or the log does not hold. The older one is always the earlier one,
    however they are given."""
    only = request.GET.get("only", "")
    if only and only not in NAMES:
        raise HttpError(
            400, "bad-part", "There is no such part of a comparison.", f"Use {', '.join(NAMES)}."
        )
    given = [_sync(request, name) for name in ("a", "b")]
    if given[0] == given[1]:
        raise HttpError(
            400, "same-sync", "This is the same sync twice.", "Choose two different syncs."
        )
    earlier, later = sorted(given, key=lambda sync: sync.first_position)
    parts = _parts(compare(earlier, later), earlier, later)
    alone: Sequence[Item] = next((part["items"] for part in parts if part["name"] == only), [])
    page = _page(request, alone)
    shown = [part for part in parts if part["items"] and only in ("", part["name"])]
    for part in shown:
        items = list(page) if only else part["items"][:SHOWN_AT_FIRST]
        part["shown"] = _told(items, part["of"])
    context = {
        "section": "history",
        "pair": [("The earlier one", row(earlier)), ("The later one", row(later))],
        "between": syncs_between(earlier, later),
        "parts": parts,
        "shown": shown,
        "chosen": only,
        "page": page,
        "address": f"?a={earlier.pk}&b={later.pk}",
    }
    return render(request, "compare.html", context)


def offer(operation_id: UUID) -> SyncOperation | None:
    """The sync before this one, where both have ended and can be compared."""
    sync = SyncOperation.objects.filter(pk=operation_id, finished_at__isnull=False).first()
    return one_before(sync) if sync else None


def _page(request: HttpRequest, items: Sequence[Item]) -> Page[Item]:
    try:
        return Paginator(items, SHOWN_ALONE).page(request.GET.get("page", 1))
    except InvalidPage:
        raise HttpError(
            404, "no-such-page", "There is no such page of this part.", "Begin with its first page."
        ) from None


def _sync(request: HttpRequest, name: str) -> SyncOperation:
    given = request.GET.getlist(name)
    if len(given) != 1 or not _UUID.fullmatch(given[0]):
        raise HttpError(
            400,
            "bad-sync",
            f"“{name}” is not the id of one sync.",
            "Compare two syncs by their ids: a and b. The page of a sync leads to the one before.",
        )
    sync = SyncOperation.objects.filter(pk=UUID(given[0])).first()
    if sync is None:
        raise HttpError(
            404, "unknown-sync", "There is no such sync.", "Choose one from the history."
        )
    if sync.finished_at is None:
        raise HttpError(
            409,
            "unfinished-sync",
            "This sync has not ended, so there is nothing to compare yet.",
            "Wait for its end, or choose another one from the history.",
        )
    return sync


def _parts(found: Comparison, earlier: SyncOperation, later: SyncOperation) -> list[dict[str, Any]]:
    """Every part with its items as they were found; `_told` makes of them what a page shows."""
    failures = (found.newly_failing, found.still_failing, found.healed, found.untouched)
    in_order = past.SORT_KEYS["artist"]
    changed: list[Item] = [*sorted(found.catalog.changed, key=lambda one: in_order(one.before))]
    added: list[Item] = [*sorted(found.catalog.added, key=in_order)]
    archived: list[Item] = [*sorted(found.catalog.archived, key=in_order)]
    catalogs = (changed, added, archived)
    return [
        *(
            _part(name, label, note, items, earlier if whose == "a" else later)
            for (name, label, note, whose), items in zip(FAILING_PARTS, failures, strict=True)
        ),
        *(
            _part(name, label, note, items)
            for (name, label, note), items in zip(CATALOG_PARTS, catalogs, strict=True)
        ),
    ]


def _part(
    name: str, label: str, note: str, items: Sequence[Item], sync: SyncOperation | None = None
) -> dict[str, Any]:
    count = len(items)
    return {"name": name, "label": label, "note": note, "items": items, "count": count, "of": sync}


def _told(items: Sequence[Item], sync: SyncOperation | None) -> list[dict[str, Any]]:
    """Some items of one part: failures of `sync`, or albums of the catalog."""
    changes = iter(past.changes([item for item in items if isinstance(item, Changed)]))
    return [
        _failed(item, sync)
        if isinstance(item, dict)
        else _album(item.before) | {"lines": lines(next(changes))}
        if isinstance(item, Changed)
        else _album(item)
        for item in items
    ]


def _failed(failure: Failure, sync: SyncOperation | None) -> dict[str, Any]:
    url = event_url(str(sync.pk), failure["position"]) if sync else ""
    return failure | {"url": url}


def _album(album: PastAlbum) -> dict[str, Any]:
    names = {name: album.fields[name] for name in ("artist", "title")}
    return {"album": str(album.pk), **names}
