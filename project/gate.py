"""Middleware before all pages: headers on every answer, and no for what nobody of ours sends."""

import codecs
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware

Answer = Callable[[HttpRequest], HttpResponseBase]


class SecurityHeaders(SecurityMiddleware):
    """Django's headers on whatever is answered further in, refusals of hosts included.

    Django's own middleware, which redirects to HTTPS, may itself refuse a host, and that answer
    would have none of its headers.
    """

    def process_request(self, request: HttpRequest) -> None:
        return None


def refuse_nonsense(get_response: Answer) -> Answer:
    """Refuse what would otherwise have to be expected everywhere behind this."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if settings.DEBUG and not _is_loopback(request.META.get("REMOTE_ADDR", "")):
            raise PermissionDenied("DEBUG is for this machine only")
        if request.path.startswith("/admin/") and "%00" in request.META["QUERY_STRING"]:
            raise BadRequest("NUL in a filter")  # the admin would ask PostgreSQL for it
        if request.encoding is not None and codecs.lookup(request.encoding).name != "utf-8":
            raise BadRequest("not in UTF-8")  # codecs such as hex fail where a form is read
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return HttpResponse(status=413)
        try:
            request.POST  # noqa: B018  # read here, or the CSRF check would fail over it
        except TypeError:
            raise BadRequest("a header of a part of the form cannot be read") from None
        return get_response(request)

    return middleware


def _is_loopback(address: str) -> bool:
    """Whether a client is on this machine; one without an address came by a Unix socket."""
    return address in ("", "::1") or address.removeprefix("::ffff:").startswith("127.")
