"""`/syncs/<id>/replay/`: a past sync on the live screen again, at any of its events."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from frontend import words
from frontend.pages import audit_page
from frontend.panel import RESULT_STATES, panel
from syncengine import log, replay
from syncengine.events import Event, instant
from syncengine.http import HttpError, of_a_sound_log
from syncengine.replay import Replay
from syncengine.sentences import sentence

AT = "at"
POSITION_DIGITS = 15  # more than any log has events
PAGE_EVENTS = 500  # the same in static/js/replay-log.js
NEVER_FOLDED = frozenset({"changes", "candidates"})  # most of an event's size
SPEEDS = {"all": "All in 20 s", "1": "1×", "10": "10×", "60": "60×"}  # as replay-pace.js has them


@audit_page
def replay_page(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """The page at `?at=`, a position of the log, or at the sync's first event. 400 where that is
    no position, 404 where it is none of this sync or there is no such sync, 409 where the log does
    not hold there."""
    found = _find(operation_id)
    position = _position(request, found)
    with of_a_sound_log():
        event, status = replay.event_at(position), replay.status_at(found, position)
        at = datetime.fromisoformat(event.at)
        asked = found.sync.requested_at.astimezone(UTC)
        context = {
            "section": "history",
            "replay": found,
            "began": f"{words.day(asked)}, {asked:%H:%M} UTC",
            "event": event,
            "number": position - found.first + 1,
            "sentence": sentence(event.kind, event.data),
            "at_words": words.absolute(at),
            "passed": _passed(found, at),
            "steps": _steps(found, position),
            "speeds": SPEEDS,
            "clock": at,
            "status": status,
            "operation": status["operation"],
            "result_states": RESULT_STATES,
            "panel": panel(status, at),
            "viewer": {"name": "", "now": event.at, "worker_missing": False, "replay": True},
            "source": {
                "first": found.first,
                "last": found.last,
                "asked": instant(asked),
                "before": replay.status_before(found),
                "events": reverse("replay-events", args=[operation_id]),
                "sync": reverse("sync", args=[operation_id]),
            },
        }
        return render(request, "replay.html", context)


@audit_page
def replay_events(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """`?after=N`: at most 500 events of the replay after a position, `{"events", "sentences"}`.
    Each as the log has it but for those of its data that no fold reads, and told in a sentence.
    The same errors."""
    found = _find(operation_id)
    after = _number(request, "after", found.first - 1)
    if not found.first - 1 <= after < found.last:
        raise _outside(found, after)
    with of_a_sound_log():
        events = log.events_after(after, min(PAGE_EVENTS, found.last - after))
        return JsonResponse(
            {
                "events": [_slim(event) for event in events],
                "sentences": [sentence(event.kind, event.data) for event in events],
            }
        )


def _find(operation_id: UUID) -> Replay:
    found = replay.find(str(operation_id))
    if found is None:
        raise Http404
    return found


def _slim(event: Event) -> dict[str, Any]:
    data = {name: value for name, value in event.data.items() if name not in NEVER_FOLDED}
    if "albums" in data:  # only their number counts
        data["albums"] = [album["row"] for album in data["albums"]]
    return event.as_json() | {"data": data}


def _position(request: HttpRequest, found: Replay) -> int:
    position = _number(request, AT, found.first)
    if not found.first <= position <= found.last:
        raise _outside(found, position)
    return position


def _outside(found: Replay, position: int) -> HttpError:
    return HttpError(
        404,
        "outside-the-sync",
        f"Event {position} is not one of this sync.",
        f"Its events have the positions {found.first} to {found.last}.",
    )


def _number(request: HttpRequest, name: str, default: int) -> int:
    given = request.GET.getlist(name)
    if len(given) > 1:
        raise HttpError(
            400,
            "bad-position",
            f"“{name}” was given {len(given)} times.",
            "Give one position, as the links of the replay do.",
        )
    text = given[0] if given else ""
    if not given:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= POSITION_DIGITS):
        raise HttpError(
            400,
            "bad-position",
            f"“{text[:POSITION_DIGITS]}” is no position in the log.",
            "Positions are whole numbers. Leave it out to begin with the sync's first event.",
        )
    return int(text)


def _steps(found: Replay, position: int) -> list[dict[str, Any]]:
    """The links to other events; one that leads nowhere else stays, so that no focus is lost."""
    places = {
        "first": ("First event", found.first),
        "previous": ("Previous event", max(found.first, position - 1)),
        "next": ("Next event", min(found.last, position + 1)),
        "last": ("Last event", found.last),
    }
    return [
        {"name": name, "label": label, "position": place, "idle": place == position}
        for name, (label, place) in places.items()
    ]


def _passed(found: Replay, at: datetime) -> str:
    """How long after the request; empty where a clock was set back meanwhile and nobody knows."""
    seconds = (at - found.sync.requested_at).total_seconds()
    return words.span(seconds) if seconds > 0 else ""
