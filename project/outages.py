"""What people, programs and browsers' sockets get while the database cannot be used.

Nothing here may ask the database: no user, no session, no context processor.
"""

import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error as plain_server_error

from syncengine import metrics
from syncengine.http import HttpError, is_program
from syncengine.outages import Outage, in_a_line, outage_of
from syncengine.sockets import CLOSE_RESTART

logger = logging.getLogger("groovelog.sockets")

Application = Callable[..., Awaitable[Any]]


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`: 503 with `Retry-After` for an outage, else the page for a fault of
    ours. It is the one place that errors of views, sessions, forms and the admin all come to."""
    outage = outage_of(sys.exc_info()[1])
    if outage is None:
        return plain_server_error(request)
    answer = _for_program(outage) if is_program(request) else _for_person(request, outage)
    answer.headers["Retry-After"] = str(outage.retry_after_s)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _for_program(outage: Outage) -> HttpResponse:
    return HttpError(503, outage.code, outage.message, outage.remedy).as_response()


def _for_person(request: HttpRequest, outage: Outage) -> HttpResponse:
    context = {
        "outage": outage,
        "demo_url": settings.DEMO_URL,
        # What was sent with a form must not be sent again by itself.
        "again": request.get_full_path() if request.method == "GET" else None,
    }
    return HttpResponse(render_to_string("503.html", context), status=503)


def closed_in_an_outage(application: Application) -> Application:
    """Close the sockets that need the database while it cannot be used; browsers come back."""

    async def guarded(scope: dict[str, Any], receive: Any, send: Any) -> Any:
        try:
            return await application(scope, receive, send)
        except Exception as error:
            if outage_of(error) is None:
                raise
            logger.warning("a socket is closed: %s", in_a_line(error))
            metrics.socket_closed(CLOSE_RESTART)
            return await send({"type": "websocket.close", "code": CLOSE_RESTART})

    return guarded
