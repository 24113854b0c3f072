"""A small real HTTP server that plays Google and Spotify, and can be told to misbehave."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]

CLIENT_ID = "id-of-the-app"
CLIENT_SECRET = "canary-secret-of-the-app"
TOKEN = "canary-token-"


def album_id(number: int) -> str:
    return f"{number:022d}"


def album(number: int, **fields: Any) -> dict[str, Any]:
    """A development-mode album: no label, no popularity, no markets."""
    return {
        "id": album_id(number),
        "name": f"Album {number}",
        "album_type": "album",
        "release_date": "1971-02-01",
        "total_tracks": 1,
        "artists": [{"name": "Can"}],
        "images": [{"url": f"https://i.scdn.co/{px}", "width": px} for px in (640, 300, 64)],
        "tracks": {"items": [track(1)], "next": None},
    } | fields


def track(number: int) -> dict[str, Any]:
    return {
        "name": f"Track {number}",
        "disc_number": 1,
        "track_number": number,
        "duration_ms": 200_000,
        "explicit": False,
    }


def says(status: int, body: Any = "", **headers: str) -> Reply:
    """Answer with JSON, or with text where `body` is one. Underscores in headers are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def reply(request: web.Request) -> web.StreamResponse:
        if isinstance(body, bytes):
            return web.Response(status=status, body=body, headers=named)
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=named)
        return web.json_response(body, status=status, headers=named)

    return reply


def csv(body: bytes | str, **headers: str) -> Reply:
    data = body.encode() if isinstance(body, str) else body
    return says(200, data, Content_Type="text/csv; charset=utf-8", **headers)


async def hangs_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def says_nothing(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def drips(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/csv"})
    await response.prepare(request)
    while True:
        await response.write(b"a")
        await asyncio.sleep(0.02)


async def breaks_off(request: web.Request) -> web.StreamResponse:
    headers = {"Content-Type": "text/csv", "Content-Length": "1000"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    await response.write(b"Artist,Album\r\nCan,Tago")
    assert request.transport is not None
    request.transport.close()
    return response


class Upstream:
    """`script[path]` holds replies that are given first; `standing[path]` those that stay.

    `calls` are the paths that were asked for, `queries` their queries.
    """

    def __init__(self) -> None:
        self.script: defaultdict[str, deque[Reply]] = defaultdict(deque)
        self.standing: dict[str, Reply] = {}
        self.calls: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.tokens = 0
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(app)

    @property
    def origin(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    def count(self, path: str) -> int:
        return self.calls.count(path)

    def holds(self, *albums: dict[str, Any]) -> None:
        """Have these albums, and find them all in every search."""
        for one in albums:
            self.standing[f"/v1/albums/{one['id']}"] = says(200, one)
        self.standing["/v1/search"] = says(200, {"albums": {"items": list(albums)}})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.calls.append(request.path)
        self.queries.append(dict(request.query))
        if self.script[request.path]:
            return await self.script[request.path].popleft()(request)
        if request.path in self.standing:
            return await self.standing[request.path](request)
        if request.path == "/api/token":
            self.tokens += 1
            answer = {"access_token": f"{TOKEN}{self.tokens}", "expires_in": 3600}
            return web.json_response(answer)
        if request.path == "/v1/albums":
            return web.json_response({"error": {"status": 403, "message": "Forbidden"}}, status=403)
        error = {"error": {"status": 404, "message": "Resource not found"}}
        return web.json_response(error, status=404)
