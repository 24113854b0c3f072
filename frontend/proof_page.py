"""`/syncs/proof/`: whether anybody has touched the record, to be seen and to be asked."""

import threading
import time
from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from syncengine import acts, checkpoints, fanout, guard, log, roles, verify_export
from syncengine.history import hashes_at
from syncengine.http import HttpError, door, wants_json
from syncengine.outages import LogCut
from syncengine.sentences import sentence
from syncengine.verify import Report

CHECKPOINTS_SHOWN = 20
ACTS_SHOWN = 10
PAGE_REST_S = 0.005  # between two pages of the log, so that other requests get the processor
DOWNLOAD = "attachment; filename="

_verifying = threading.Lock()  # one at a time in a process: it reads the whole log


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@door(roles.is_auditor)
def proof(request: HttpRequest) -> HttpResponse:
    """The page; a POST verifies the log first."""
    if request.method == "POST":
        return _verify(request)
    head = log.head()
    return render(
        request,
        "proof.html",
        {
            "section": "history",
            "head": head,
            "verification": next(iter(acts.newest("verified")), None),
            "problem": guard.finding(),
            **_checkpoints(head.position),
            "acts": _acts(),
        },
    )


@never_cache
@require_safe
@door(roles.is_auditor)
def checkpoints_file(request: HttpRequest) -> HttpResponse:
    """The checkpoints of this log, to be kept elsewhere."""
    headers = {"Content-Disposition": f'{DOWNLOAD}"checkpoints.jsonl"'}
    content_type = "application/jsonl; charset=utf-8"
    return HttpResponse(checkpoints.as_text(), content_type=content_type, headers=headers)


@never_cache
@require_safe
@door(roles.is_auditor)
def verifier(request: HttpRequest) -> HttpResponse:
    """The program that verifies an export offline."""
    headers = {"Content-Disposition": f'{DOWNLOAD}"verify_export.py"'}
    content = Path(verify_export.__file__).read_bytes()
    return HttpResponse(content, content_type="text/x-python; charset=utf-8", headers=headers)


def _verify(request: HttpRequest) -> HttpResponse:
    """Verify in this request's own thread, in pages and outside a transaction, and record what was
    found. It goes on to its end when the browser has given up."""
    if not _verifying.acquire(blocking=False):
        raise HttpError(
            409,
            "verifying",
            "A verification is under way.",
            "Its result will stand on the page of the proof; look there in a moment.",
        )
    try:
        report = guard.check(lambda position: time.sleep(PAGE_REST_S))
        found = _found(report)
        try:
            acts.record("verified", request.user.get_username(), "the log", {}, found)
        except LogCut:
            raise HttpError(
                503,
                "log-cut",
                f"The log does not hold: {report.problems[0]}." if report.problems else "",
                "This could not be recorded, because the log does not end where its head says."
                " Whoever runs Groovelog finds in the README what to do.",
            ) from None
    finally:
        _verifying.release()
    async_to_sync(fanout.ring)()
    if wants_json(request):
        return JsonResponse({"verification": found})
    answer = redirect("proof")
    answer.status_code = 303
    return answer


def _found(report: Report) -> acts.Result:
    return {
        "sound": report.is_sound,
        "head": report.head,
        "holds_to": report.holds_to,
        "first_bad": report.first_bad,
        "problem": report.problems[0][:1000] if report.problems else None,
        "problems": len(report.problems),
    }


def _checkpoints(head: int) -> dict[str, Any]:
    """The newest checkpoints, each with whether the log has that event now."""
    try:
        stored = checkpoints.stored()
    except OSError as error:
        return {"checkpoints": [], "unreadable": error.strerror}
    shown = stored[-CHECKPOINTS_SHOWN:][::-1]
    hashes = hashes_at([checkpoint.position for checkpoint in shown if checkpoint.position <= head])
    rows = [
        {
            "position": checkpoint.position,
            "hash": checkpoint.hash,
            "at": checkpoint.at,
            "agrees": hashes.get(checkpoint.position) == checkpoint.hash,
            "missing": checkpoint.position > head,
        }
        for checkpoint in shown
    ]
    return {"checkpoints": rows, "checkpoint_count": len(stored)}


def _acts() -> list[dict[str, Any]]:
    """The newest exports and verifications, as sentences."""
    events = [*acts.newest("exported", ACTS_SHOWN), *acts.newest("verified", ACTS_SHOWN)]
    newest = sorted(events, key=lambda event: -event.position)[:ACTS_SHOWN]
    return [
        {
            "position": event.position,
            "at": event.at,
            "sentence": sentence(event.kind, event.data),
            "filter": " and ".join(
                f"{name} {value}" for name, value in event.data["filter"].items()
            ),
            "result": event.data["result"],
            "kind": event.kind,
        }
        for event in newest
    ]
