"""Exports over HTTP: `/syncs/<id>/events.csv`, `.jsonl` and `.zip`, and of the whole log."""

import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from threading import Lock
from uuid import UUID
from weakref import WeakSet

from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from syncengine import export, fanout, log, roles, selection
from syncengine.history import is_operation
from syncengine.http import SIGN_INS, HttpError, door
from syncengine.origin import is_allowed
from syncengine.rights import visitors_of
from syncengine.selection import BadSelection

MAX_AT_ONCE = 4  # in one process: each holds one of its turns for as long as its reader takes
BROWSER = "Mozilla/"  # every one begins so what it says of itself
RIGHTS_S = 10.0  # how often it is asked whether whoever reads an export still may
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "jsonl": "application/jsonl; charset=utf-8",
    "zip": "application/zip",
}
FILTERS = f"Filter by {', '.join(selection.NAMES[:-1])} and {selection.NAMES[-1]}, each once."

_under_way: "WeakSet[_Streamed]" = WeakSet()
_taking_a_turn = Lock()


@never_cache
@require_GET  # no HEAD: to ask for an export is recorded
@door(roles.is_auditor)
def of_log(request: HttpRequest, form: str) -> HttpResponseBase:
    return _export(request, form, None)


@never_cache
@require_GET
@door(roles.is_auditor)
def of_sync(request: HttpRequest, operation_id: UUID, form: str) -> HttpResponseBase:
    if not is_operation(str(operation_id)):
        raise HttpError(
            404, "unknown-sync", "There is no such sync.", "Choose one from the history."
        )
    return _export(request, form, str(operation_id))


def _export(request: HttpRequest, form: str, operation: str | None) -> HttpResponseBase:
    if request.headers.get("Referer", "").partition("?")[0].endswith(SIGN_INS):
        # It may have been a link of any page's that led to the form, and from there to here.
        return redirect(f"/syncs/{operation}/" if operation else "/syncs/")
    if not _is_asked_for_here(request):
        raise HttpError(
            403,
            "foreign-page",
            "It does not show that a page of this site asked for this export.",
            "Ask for it on the page of the sync or in the history.",
        )
    head = log.head()
    try:
        wanted = selection.parse(request.GET, head.position, operation)
    except BadSelection as error:
        raise HttpError(400, "bad-filter", str(error), FILTERS) from None
    streamed = _Streamed()  # before the export is recorded: none that is refused may be
    try:
        asked = export.ask(wanted, request.user.get_username(), form, head)
        async_to_sync(fanout.ring)()
    except BaseException:
        streamed.close()
        raise
    streamed.pieces = _while_allowed(asked.pieces(form), request.session.session_key or "")
    name = f"sync-{operation[:8]}" if operation else "log"
    return StreamingHttpResponse(
        streamed,
        content_type=CONTENT_TYPES[form],
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{head.position}.{form}"',
            "X-Groovelog-Head": f"{head.position} {head.hash}",
        },
    )


def _is_asked_for_here(request: HttpRequest) -> bool:
    """Whether a page of ours or a program asks. To ask is recorded for ever, so nobody else's page
    may ask in an auditor's name: links and pictures are followed with the cookies.

    Browsers say whose page it is (https://www.w3.org/TR/fetch-metadata/), or that it is none, but
    not to another machine without HTTPS. That one is told which page of ours it is; of pages of
    others, and of an address that somebody typed, it may be told nothing.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    if not request.headers.get("User-Agent", "").startswith(BROWSER):
        return True
    page = "/".join(request.headers.get("Referer", "").split("/", 3)[:3])
    return is_allowed(page, request.get_host())


def _while_allowed(pieces: Iterator[bytes], session: str) -> Iterator[bytes]:
    """Break off where whoever asked may not read the history any more: an export takes as long as
    its reader, which may be days. Raises PermissionDenied."""
    asked_at = time.monotonic()
    try:
        for piece in pieces:
            yield piece
            if time.monotonic() - asked_at > RIGHTS_S:
                visitor = visitors_of({session}).get(session)
                if visitor is None or not visitor.may_read_history:
                    raise PermissionDenied("who asked for this export may not read it any more")
                asked_at = time.monotonic()
    except Exception:
        connection.close()  # Django does it only where an answer ends well
        raise


class _Streamed:
    """An export on its way: it has one of the turns from the moment that it is asked for until it
    has been read, is closed, or is forgotten, whichever comes first. Raises an HttpError where all
    turns are taken.

    Django closes every answer that it begins to send, iterated or not, but forgets one whose
    asker hung up while it was made.
    """

    def __init__(self) -> None:
        with _taking_a_turn:
            if len(_under_way) >= MAX_AT_ONCE:
                raise HttpError(
                    503,
                    "too-many-exports",
                    f"{MAX_AT_ONCE} exports are under way, and the server makes no more at once.",
                    "Try again when one has ended.",
                )
            _under_way.add(self)
        self.pieces: Iterator[bytes] = iter(())

    def close(self) -> None:
        _under_way.discard(self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Each page is read on the request's own thread when the one before has been sent."""
        try:
            following = sync_to_async(partial(next, self.pieces, None))
            while (piece := await following()) is not None:
                yield piece
        finally:
            self.close()
