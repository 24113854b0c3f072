"""The history: every sync that matches what the URL asks for, with charts of how they went."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import capfirst

from albums.models import Album
from frontend import charts
from frontend.history_rows import BAR_PARTS, bars, row, scale, state_name
from frontend.pages import audit_page
from syncengine import operations_found
from syncengine.http import HttpError, is_program
from syncengine.log import current_status
from syncengine.operations_found import STATES
from syncengine.operations_query import BadFilters, HistoryQuery, parse
from syncengine.sentences import TRIGGERS

SYNCS_PER_PAGE = 50
ALBUMS_TO_CHOOSE_FROM = 20
LABELS = {
    "since": "From",
    "until": "To",
    "state": "State",
    "trigger": "Started",
    "by": "Person",
    "code": "Error code",
    "album": "Album",
    "before": "Page",
}
CHART_KEY = {
    "completed": "completed",
    "warnings": "completed with warnings",
    "failed": "failed",
    "cancelled": "cancelled",
    "failures": "failed albums",
}


@audit_page
def history(request: HttpRequest) -> HttpResponse:
    # The status before the syncs: see `frontend.views.catalog`.
    status = current_status()
    try:
        query = parse(request.GET)
        album = _album(query)
        if query.before is not None and query.before > status["position"]:
            query.refuse("before", f"The log ends at position {status['position']}: go back.")
    except BadFilters as bad:
        return _refused(request, bad)
    albums = _albums(query)
    if len(albums) == 1:
        return redirect("/syncs/" + query.url(album=albums[0].pk, before=""))
    context = {
        "query": query,
        "texts": query.texts,
        "album": album,
        "albums": albums[:ALBUMS_TO_CHOOSE_FROM],
        "more_albums": len(albums) > ALBUMS_TO_CHOOSE_FROM,
        "status": status,
        "viewer": {"name": request.user.get_username(), "now": timezone.now().isoformat()},
        "bar_parts": BAR_PARTS,
        "chart_key": CHART_KEY,
        "trigger_words": TRIGGERS,
        "sample": {"parts": [{"name": name, "x": "0%", "width": "0%"} for name in BAR_PARTS]},
        **_choices(),
    }
    if not query.words:
        context |= _found(query, status)
    return render(request, "history.html", context)


def _found(query: HistoryQuery, status: dict[str, Any]) -> dict[str, Any]:
    """One page of the answer. It has as many syncs as the charts show, so they need no more."""
    operations = operations_found.found(query.wanted, query.before, SYNCS_PER_PAGE + 1)
    listed = operations[:SYNCS_PER_PAGE]
    failures = operations_found.first_failures(listed)
    rows = [row(one, failures.get(one.pk), status["operation"]) for one in listed]
    return {
        "rows": bars(rows),
        "scale": scale(rows),
        "charts": [charts.durations(rows), charts.failures(rows)] if rows else [],
        "older": listed[-1].first_position if len(operations) > SYNCS_PER_PAGE else None,
        "export_query": _export_query(query) if rows else None,
        # Whether a sync that begins belongs on top of what is shown.
        "open": not query.narrowed and query.before is None,
    }


def _export_query(query: HistoryQuery) -> str:
    """What an export has to be asked for to have every event of every sync that matches, those on
    other pages of the list included."""
    texts = {name: text for name, text in query.texts.items() if name != "before"}
    return f"?{urlencode({'syncs': urlencode(texts)})}" if texts else ""


def _refused(request: HttpRequest, bad: BadFilters) -> HttpResponse:
    """What is wrong and how it would be right, with what was given still in the form; no sync."""
    if is_program(request):
        said = [f"{name}: {problem}" for name, problem in bad.problems.items()]
        raise HttpError(400, "bad-filter", " ".join(said), "Correct the address.")
    problem_list = [
        {"name": name, "label": LABELS.get(name, ""), "sentence": problem}
        for name, problem in bad.problems.items()
    ]
    context = {
        "texts": bad.texts,
        "problems": bad.problems,
        "problem_list": problem_list,
        **_choices(),
    }
    return render(request, "history.html", context, status=400)


def _choices() -> dict[str, Any]:
    return {
        "section": "history",
        "states": {state: state_name(state) for state in STATES},
        "triggers": {name: capfirst(words) for name, words in TRIGGERS.items()},
        "people": operations_found.people(),
        "codes": operations_found.codes(),
    }


def _album(query: HistoryQuery) -> Album | None:
    if query.wanted.album is None:
        return None
    album = operations_found.album(query.wanted.album)
    if album is None:
        query.refuse(
            "album", f"There is no album {query.wanted.album}: look for it by its title or artist."
        )
    return album


def _albums(query: HistoryQuery) -> list[Album]:
    """Those that the words may mean; none where there are no words."""
    if not query.words:
        return []
    return operations_found.albums_called(query.words, ALBUMS_TO_CHOOSE_FROM + 1)
