"""Which pages may open a socket: those of this site.

Browsers send cookies with a WebSocket handshake from any page, so the handshake's Origin must be
ours, port included: cookies do not know ports, and another server on the same machine is a
stranger. The rule is the one of Django's CSRF check
(https://docs.djangoproject.com/en/5.2/ref/csrf/).
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[..., Awaitable[Any]]


def same_origin_only(application: Application) -> Application:
    """Refuse, with 403 and before accepting, every handshake from elsewhere."""

    async def guarded(scope: dict[str, Any], receive: Any, send: Any) -> Any:
        if is_allowed(_header(scope, b"origin"), _header(scope, b"host")):
            return await application(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)

    return guarded


def _header(scope: dict[str, Any], name: bytes) -> str:
    # Apart, since what the function above holds, it holds as long as the socket lives.
    value: bytes = dict(scope["headers"]).get(name, b"")
    return value.decode("latin-1")


def is_allowed(origin: str, host: str) -> bool:
    """Whether a page of `origin` may talk to `host`, both as their headers have them."""
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    domain, _ = split_domain_port(host)
    schemes = ("https",) if settings.HTTPS else ("http", "https")
    return (
        parts.scheme in schemes
        and bool(domain)
        and parts.netloc.lower() == host.lower()
        and validate_host(domain, settings.ALLOWED_HOSTS)
    )
