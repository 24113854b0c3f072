"""What is logged of requests: which sync they are about, and, for programs, a line for each in the
form of all others."""

import logging
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from daphne.access import AccessLogGenerator
from django.conf import settings

from syncengine.subject import about

logger = logging.getLogger("groovelog.access")

Application = Callable[..., Awaitable[Any]]

OF_A_SYNC = re.compile(r"/syncs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")


def about_their_syncs(application: Application) -> Application:
    """Let what is logged while a request is answered be about the sync that its path names."""

    async def about_its_sync(scope: dict[str, Any], receive: Any, send: Any) -> None:
        with about(sync_in(scope["path"])):
            await application(scope, receive, send)

    return about_its_sync


def in_the_form_of_the_others() -> None:
    """With `LOG_FORMAT=json`, let Daphne's list of requests go through the log. It writes it to
    standard output by itself, and offers no other way."""
    if settings.LOG_FORMAT == "json":
        AccessLogGenerator.write_entry = _log


def sync_in(path: str) -> str | None:
    found = OF_A_SYNC.search(path)
    return found and found[1]


def _log(
    generator: AccessLogGenerator,
    host: str,
    date: datetime,
    request: str,
    status: int | None = None,
    length: int | None = None,
    ident: str | None = None,
    user: str | None = None,
) -> None:
    extra = {"operation": sync_in(request), "position": None}
    logger.info('%s "%s" %s %s', host, request, status or "-", length or "-", extra=extra)
