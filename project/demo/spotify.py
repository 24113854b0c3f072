"""Spotify: the token, albums and search, with the answers of an app in development mode.

Reference: https://developer.spotify.com/documentation/web-api
"""

import base64
import binascii
import secrets
import time
from typing import Any
from urllib.parse import urlencode

from aiohttp import hdrs, web

from .albums import Album, Library, base62_id, digest, is_id
from .behaviour import Behaviour
from .covers import SIZES, cover_path
from .search import Search

CLIENT_ID = "demo-client"
CLIENT_SECRET = "demo-secret"  # noqa: S105  # known to everyone, opens nothing
TOKEN_LIFE = 3600  # seconds
TOKENS_KEPT = 1000
MOST_IDS = 20
MARKETS = ["AT", "BR", "CH", "DE", "FR", "GB", "IS", "JP", "SE", "US"]


def failure(status: int, message: str) -> web.Response:
    """Return an error in the nested form of the Web API."""
    return web.json_response({"error": {"status": status, "message": message}}, status=status)


def token_failure(error: str, description: str) -> web.Response:
    """Return an error in the flat form of the accounts service."""
    return web.json_response({"error": error, "error_description": description}, status=400)


class Spotify:
    """Answers as accounts.spotify.com and api.spotify.com would."""

    def __init__(self, library: Library, behaviour: Behaviour) -> None:
        self._albums = library.albums
        self._search = Search(library.albums)
        self._behaviour = behaviour
        # Token to when it ends (seconds, monotonic) and how many expiries it was issued after.
        self._tokens: dict[str, tuple[float, int]] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/token", self.token),
            web.get("/v1/albums", self.albums),
            web.get("/v1/albums/{id}", self.album),
            web.get("/v1/albums/{id}/tracks", self.tracks),
            web.get("/v1/search", self.search),
            web.get("/v1/{tail:.*}", self.anything_else),
        ]

    async def token(self, request: web.Request) -> web.Response:
        """Issue a token for one hour against the demo's credentials."""
        given = basic_credentials(request.headers.get(hdrs.AUTHORIZATION, ""))
        if self._behaviour.now.credentials_refused or given is None or given[0] != CLIENT_ID:
            return token_failure("invalid_client", "Invalid client")
        if not secrets.compare_digest(given[1].encode(), CLIENT_SECRET.encode()):
            return token_failure("invalid_client", "Invalid client secret")
        form = await request.post()
        if form.get("grant_type") != "client_credentials":
            return token_failure("unsupported_grant_type", "grant_type must be client_credentials")
        token = "BQ-demo-token-" + secrets.token_urlsafe(60)
        self._tokens[token] = (time.monotonic() + TOKEN_LIFE, self._behaviour.tokens_expired)
        if len(self._tokens) > TOKENS_KEPT:
            del self._tokens[next(iter(self._tokens))]
        return web.json_response(
            {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE}
        )

    def _refusal(self, request: web.Request) -> web.Response | None:
        """Return the 401 that a call without a valid token gets."""
        kind, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if kind.lower() != "bearer" or not token:
            return failure(401, "No token provided")
        if token not in self._tokens:
            return failure(401, "Invalid access token")
        ends, expiries = self._tokens[token]
        if time.monotonic() >= ends or expiries != self._behaviour.tokens_expired:
            return failure(401, "The access token expired")
        return None

    async def album(self, request: web.Request) -> web.Response:
        found = self._look_up(request)
        if isinstance(found, web.Response):
            return found
        return web.json_response(self._full(found, request))

    async def tracks(self, request: web.Request) -> web.Response:
        found = self._look_up(request)
        if isinstance(found, web.Response):
            return found
        page = self._page(request, default=20, most=50)
        if page is None:
            return failure(400, "Invalid limit")
        return web.json_response(self._track_page(found, request, *page))

    async def albums(self, request: web.Request) -> web.Response:
        """Answer up to 20 albums at once, with null for the unknown; extended mode only."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if not self._behaviour.now.extended_mode:
            return failure(403, "Forbidden")
        ids = request.query.get("ids", "").split(",")
        if len(ids) > MOST_IDS:
            return failure(400, "Too many ids requested")
        if not all(map(is_id, ids)):
            return failure(400, "Invalid base62 id")
        if set(ids) & set(self._behaviour.now.failing_albums):
            return failure(500, "Internal server error")
        found = [self._albums.get(one) for one in ids]
        answers = [None if album is None else self._full(album, request) for album in found]
        return web.json_response({"albums": answers})

    async def search(self, request: web.Request) -> web.Response:
        """Answer a page of albums: 5 by default and at most 10 (extended mode: 20 and 50)."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if not request.query.get("q"):
            return failure(400, "No search query")
        if "album" not in request.query.get("type", "").split(","):
            return failure(400, "Bad search type field")
        default, most = (20, 50) if self._behaviour.now.extended_mode else (5, 10)
        page = self._page(request, default=default, most=most)
        if page is None:
            return failure(400, "Invalid limit")
        limit, offset = page
        found = self._search.find(request.query["q"])
        items = [self._simple(album, request) for album in found[offset : offset + limit]]
        return web.json_response({"albums": paging(request, items, len(found), limit, offset)})

    async def anything_else(self, request: web.Request) -> web.Response:
        return self._refusal(request) or failure(404, "Service not found")

    def _look_up(self, request: web.Request) -> Album | web.Response:
        """Return the album that the path names, or the answer that says why not."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        identifier = request.match_info["id"]
        if not is_id(identifier):
            return failure(400, "Invalid base62 id")
        if identifier in self._behaviour.now.failing_albums:
            return failure(500, "Internal server error")
        return self._albums.get(identifier) or failure(404, "Resource not found")

    def _page(self, request: web.Request, default: int, most: int) -> tuple[int, int] | None:
        """Return (limit, offset), or None where one of them is out of bounds."""
        try:
            limit = int(request.query.get("limit", default))
            offset = int(request.query.get("offset", 0))
        except ValueError:
            return None
        return (limit, offset) if 1 <= limit <= most and 0 <= offset <= 1000 else None

    def _simple(self, album: Album, request: web.Request) -> dict[str, Any]:
        """Return the album as search shows it."""
        origin = f"http://{request.host}"
        answer: dict[str, Any] = {
            "album_type": album.kind,
            "total_tracks": len(album.tracks),
            "external_urls": {"spotify": f"https://open.spotify.com/album/{album.id}"},
            "href": f"{origin}/v1/albums/{album.id}",
            "id": album.id,
            "images": [
                {"url": origin + cover_path(album.id, size), "height": size, "width": size}
                for size in SIZES
            ],
            "name": album.name,
            "release_date": album.released,
            "release_date_precision": ("year", "month", "day")[album.released.count("-")],
            "type": "album",
            "uri": f"spotify:album:{album.id}",
            "artists": [artist_json(name, origin) for name in album.artists],
        }
        if self._behaviour.now.extended_mode:
            answer["available_markets"] = MARKETS
        return answer

    def _full(self, album: Album, request: web.Request) -> dict[str, Any]:
        """Return the album whole, less the fields that development mode leaves out."""
        answer = self._simple(album, request)
        answer |= {
            "tracks": self._track_page(album, request, 50, 0),
            "copyrights": [
                {"text": f"{album.year} {album.label}", "type": kind} for kind in ("C", "P")
            ],
            "external_ids": {"upc": album.upc},
            "genres": [],
        }
        if self._behaviour.now.extended_mode:
            answer["label"] = album.label
            answer["popularity"] = 40 + digest("popularity", album.id) % 55
        return answer

    def _track_page(
        self, album: Album, request: web.Request, limit: int, offset: int
    ) -> dict[str, Any]:
        origin = f"http://{request.host}"
        items = [
            self._track(album, number, origin)
            for number in range(offset, min(offset + limit, len(album.tracks)))
        ]
        place = f"{origin}/v1/albums/{album.id}/tracks"
        return paging(request, items, len(album.tracks), limit, offset, place)

    def _track(self, album: Album, number: int, origin: str) -> dict[str, Any]:
        track = album.tracks[number]
        identifier = base62_id("track", album.id, str(number))
        answer: dict[str, Any] = {
            "artists": [artist_json(name, origin) for name in album.artists],
            "disc_number": 1,
            "duration_ms": track.milliseconds,
            "explicit": False,
            "external_urls": {"spotify": f"https://open.spotify.com/track/{identifier}"},
            "href": f"{origin}/v1/tracks/{identifier}",
            "id": identifier,
            "is_local": False,
            "name": track.title,
            "preview_url": None,
            "track_number": number + 1,
            "type": "track",
            "uri": f"spotify:track:{identifier}",
        }
        if self._behaviour.now.extended_mode:
            answer["available_markets"] = MARKETS
        return answer


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Return (id, secret) of an Authorization header, or None where it is none of that kind."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, secret) if colon else None


def artist_json(name: str, origin: str) -> dict[str, Any]:
    identifier = base62_id("artist", name)
    return {
        "external_urls": {"spotify": f"https://open.spotify.com/artist/{identifier}"},
        "href": f"{origin}/v1/artists/{identifier}",
        "id": identifier,
        "name": name,
        "type": "artist",
        "uri": f"spotify:artist:{identifier}",
    }


def paging(
    request: web.Request,
    items: list[dict[str, Any]],
    total: int,
    limit: int,
    offset: int,
    place: str | None = None,
) -> dict[str, Any]:
    """Return one page of a list, with links to itself, the next and the previous page."""
    place = place or f"http://{request.host}{request.path}"
    kept = {key: value for key, value in request.query.items() if key in ("q", "type", "market")}

    def link(start: int) -> str:
        return f"{place}?{urlencode({**kept, 'offset': start, 'limit': limit})}"

    return {
        "href": link(offset),
        "limit": limit,
        "next": link(offset + limit) if offset + limit < total else None,
        "offset": offset,
        "previous": link(max(0, offset - limit)) if offset else None,
        "total": total,
        "items": items,
    }
