"""The HTTP interface of the sync: forms and JSON through the same doors."""

import re
from typing import Any, cast, get_args
from uuid import UUID

from asgiref.sync import async_to_sync
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from syncengine import fanout, history, log, operations, presence, roles
from syncengine.events import InvalidEvent
from syncengine.http import HttpError, door, of_a_sound_log, wants_json
from syncengine.hub import process_hub_is_full
from syncengine.operations import AlreadyUnfinished, Mode, Trigger, UnknownOperation

MAX_EVENTS = 1000
MODES: tuple[str, ...] = get_args(Mode)


@require_POST
@door(roles.is_admin)
def start(request: HttpRequest) -> HttpResponse:
    """`POST /syncs/` with `mode`, `keys` (comma-separated) and `confirm`, all optional."""
    mode = request.POST.get("mode", "full")
    keys = [key for key in request.POST.get("keys", "").split(",") if key]
    confirm = request.POST.get("confirm") or None
    if mode not in MODES:
        raise HttpError(
            400, "bad-mode", f"There is no mode “{mode}”.", f"Use {' or '.join(MODES)}."
        )
    trigger: Trigger = "button" if "button" in request.POST else "api"
    return _start(request, trigger, cast(Mode, mode), keys, confirm)


@require_POST
@door(roles.is_admin)
def cancel(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    try:
        operations.cancel(str(operation_id), request.user.get_username())
    except UnknownOperation:
        raise _unknown_operation() from None
    _ring_and_nudge()
    return _answer(request, _operation(operation_id), 202)


@require_POST
@door(roles.is_admin)
def retry(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Start a sync of just the rows that failed in this one."""
    _operation(operation_id)
    with of_a_sound_log():
        keys = history.failed_keys(str(operation_id))
    if not keys:
        raise HttpError(400, "nothing-failed", "No album failed in this sync.", "Sync all instead.")
    return _start(request, "retry", "retry", keys, None)


@require_POST
@door(roles.is_admin)
def confirm(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Start a sync that accepts exactly the sheet that this one refused."""
    operation = _operation(operation_id)
    error = operation["error"] or {}
    if error.get("code") != "sheet-shrunk":
        raise HttpError(
            400,
            "nothing-to-confirm",
            "This sync did not stop to ask.",
            "Start a sync; it asks where the sheet would archive many albums.",
        )
    with of_a_sound_log():
        sheet = error["details"]["sheet"]
    return _start(request, "confirm", operation["mode"], [], sheet)


@require_safe
@never_cache
@door()
def status(request: HttpRequest) -> HttpResponse:
    return JsonResponse(log.current_status())


@require_GET
@never_cache
@door(roles.is_auditor)
def events(request: HttpRequest) -> HttpResponse:
    """`?after=N&limit=M`: the log in pages, with its head. 409 where it cannot be read."""
    after = _number(request, "after", default=0, at_most=2**53)
    limit = _number(request, "limit", default=MAX_EVENTS, at_most=MAX_EVENTS)
    head = log.head()
    with of_a_sound_log():
        page = log.events_after(after, min(limit, max(0, head.position - after)))
        answer = {
            "events": [event.as_json() for event in page],
            "position": head.position,
            "hash": head.hash,
        }
        return JsonResponse(answer, json_dumps_params={"allow_nan": False})


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve: 503 where the database is gone or no socket is free."""
    try:
        worker_seen_at = presence.last_seen_at()
        database = True
    except Error:
        worker_seen_at, database = None, False
    sockets = not process_hub_is_full()
    fields = {
        "database": database,
        "sockets": sockets,
        "channel_layer": fanout.takes_messages(),
        "worker_seen_at": worker_seen_at,
    }
    return JsonResponse(fields, status=200 if database and sockets else 503)


def _start(
    request: HttpRequest, trigger: Trigger, mode: Mode, keys: list[str], confirm: str | None
) -> HttpResponse:
    by = request.user.get_username()
    try:
        operation = operations.start(by, trigger, mode, keys, confirm)
    except AlreadyUnfinished as unfinished:
        return _answer(request, unfinished.operation, 409)
    except (InvalidEvent, operations.TooManyKeys) as error:
        raise HttpError(
            400,
            "bad-request",
            str(error),
            "The README says what can be asked.",
        ) from error
    _ring_and_nudge()
    return _answer(request, operation, 202)


def _answer(request: HttpRequest, operation: dict[str, Any], status: int) -> HttpResponse:
    """JSON for programs; a form goes back to the catalog, whose panel shows the same."""
    if wants_json(request):
        return JsonResponse({"operation": operation}, status=status)
    answer = redirect("catalog")
    answer.status_code = 303
    return answer


def _operation(operation_id: UUID) -> dict[str, Any]:
    with of_a_sound_log():
        operation = history.operation_status(str(operation_id))
    if operation is None:
        raise _unknown_operation()
    return operation


def _unknown_operation() -> HttpError:
    return HttpError(404, "unknown-sync", "There is no such sync.", "Choose one from the history.")


def _number(request: HttpRequest, name: str, *, default: int, at_most: int) -> int:
    text = request.GET.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,16}", text) or int(text) > at_most:
        raise HttpError(
            400, "bad-number", f"“{name}” is no number from 0 to {at_most}.", "Correct the address."
        )
    return int(text)


def _ring_and_nudge() -> None:
    async_to_sync(fanout.ring_and_nudge)()
