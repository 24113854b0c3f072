"""Exports over HTTP: `/syncs/<id>/events.csv`, `.jsonl` and `.zip`, and of the whole log."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from threading import Lock
from uuid import UUID
from weakref import WeakSet

from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from syncengine import export, fanout, log, roles, selection
from syncengine.history import is_operation
from syncengine.http import HttpError, door
from syncengine.selection import BadSelection

MAX_AT_ONCE = 4  # in one process: each holds one of its turns for as long as its reader takes
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
    # To ask is recorded for ever, so nobody else's page may ask in an auditor's name: a link is
    # followed with the cookies. Browsers say so (https://www.w3.org/TR/fetch-metadata/).
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise HttpError(
            403,
            "foreign-page",
            "A page of another site asked for this export.",
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
    streamed.pieces = asked.pieces(form)
    name = f"sync-{operation[:8]}" if operation else "log"
    return StreamingHttpResponse(
        streamed,
        content_type=CONTENT_TYPES[form],
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{head.position}.{form}"',
            "X-Groovelog-Head": f"{head.position} {head.hash}",
        },
    )


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
