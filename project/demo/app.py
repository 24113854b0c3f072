"""Puts the two services, the covers and the control page together into one application."""

import ipaddress
import os
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from .albums import Library
from .behaviour import Behaviour, State
from .calls import Ledger
from .control import Control
from .covers import Covers
from .sheet import Sheet
from .spotify import Spotify
from .weather import Handler, Weather

MAX_BODY = 32 * 1024 * 1024  # bytes of a sheet that a test may hand over
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def build(library: Library, start: State | None = None, *, seed: int = 1) -> web.Application:
    """Return the application; `start` is what the switches are at first and after a reset."""
    behaviour = Behaviour(start or State())
    ledger = Ledger()
    weather = Weather(behaviour, ledger, seed)
    app = web.Application(middlewares=[loopback_only, weather.middleware], client_max_size=MAX_BODY)
    app.router.add_get("/healthz", health)
    app.router.add_routes(Sheet(library, behaviour).routes())
    app.router.add_routes(Spotify(library, behaviour).routes())
    app.router.add_routes(Covers(library).routes())
    app.router.add_routes(Control(library, behaviour, ledger).routes())
    return app


async def health(request: web.Request) -> web.Response:
    """Answer with the process id, so that a parent knows that it speaks with its own child."""
    return web.json_response({"ok": True, "pid": os.getpid()})


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse names that are not this machine's own, and changes asked for by another page.

    A page on the internet can let its own name point to 127.0.0.1 (DNS rebinding); its name in
    the Host header gives it away. And any page can post a form here; its Origin tells.
    """
    if not is_loopback(request.headers.get(hdrs.HOST, "")):
        return web.Response(status=403, text="This server answers to loopback names only.\n")
    origin = request.headers.get(hdrs.ORIGIN)
    if request.method not in SAFE_METHODS and origin not in (None, f"http://{request.host}"):
        return web.Response(status=403, text="This form was sent by another site.\n")
    response = await handler(request)
    if not response.prepared:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        # Not no-referrer: with it browsers send Origin: null, and the forms would be refused.
        response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def is_loopback(host: str) -> bool:
    """Say whether a Host header names this machine: localhost, 127.0.0.0/8 or [::1]."""
    try:
        name = urlsplit(f"//{host}").hostname
        return name == "localhost" or ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return False
