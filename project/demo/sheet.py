"""Google Sheets: the CSV export, its redirect to a second address, and how it goes wrong."""

import asyncio
import csv
import gzip
import html
import io
import secrets
import zlib
from collections.abc import Awaitable, Callable
from functools import lru_cache

from aiohttp import hdrs, web

from .albums import Library, digest
from .behaviour import Behaviour

SHEET_ID = "1GrooveLogDemo_aLbUmSheet-fOrEvErOpEn4473Xy"
HEADER = ["Artist", "Album", "Year", "Genre", "Label", "Spotify", "Notes"]
BOMB_BYTES = 512 * 1024 * 1024  # unpacked; about half a megabyte on the wire
ENDLESS_BYTES = 2 * 1024 * 1024 * 1024
LINKS_KEPT = 1000  # download links that stay valid, the oldest are forgotten


def to_csv(library: Library) -> bytes:
    """Return the sheet as Google exports it: UTF-8, CRLF, no byte order mark."""
    lines: list[list[str]] = [HEADER]
    for number, row in enumerate(library.rows):
        if number in library.sections:
            # As people part their lists: an empty row, then a heading in the first column.
            empty = [""] * len(HEADER)
            lines += [empty, [library.sections[number], *empty[1:]]]
        lines.append(row.cells())
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode()


@lru_cache(maxsize=1)
def gzip_bomb() -> bytes:
    """Return a small gzip file that unpacks to a sheet of half a gigabyte of commas."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    block = b"," * (1024 * 1024)
    packed = [packer.compress(b"Artist,Album\r\n")]
    packed += [packer.compress(block) for _ in range(BOMB_BYTES // len(block))]
    return b"".join((*packed, packer.flush()))


def google_page(title: str, text: str, status: int) -> web.Response:
    body = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
    return web.Response(status=status, text=body, content_type="text/html")


class Sheet:
    """Answers as docs.google.com and its download host would."""

    def __init__(self, library: Library, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._own = to_csv(library)
        self._links: dict[str, None] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/spreadsheets/d/{id}/export", self.export),
            web.get("/spreadsheets/d/{id}/edit", self.edit),
            web.get("/export-file/{link}", self.download),
            web.get("/accounts/ServiceLogin", self.sign_in),
        ]

    @property
    def body(self) -> bytes:
        custom = self._behaviour.custom_sheet
        return self._own if custom is None else custom

    async def export(self, request: web.Request) -> web.StreamResponse:
        """Answer 307 to a link that works once or more, or what the switch asks for."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if self._behaviour.now.sheet == "private-redirect":
            target = self._behaviour.now.redirect_to
            return web.Response(status=307, headers={hdrs.LOCATION: target})
        link = secrets.token_urlsafe(24)
        self._links[link] = None
        if len(self._links) > LINKS_KEPT:
            del self._links[next(iter(self._links))]
        target = f"http://{request.host}/export-file/{link}"
        return web.Response(status=307, headers={hdrs.LOCATION: target})

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.match_info["id"] != SHEET_ID or self._behaviour.now.sheet == "missing":
            return google_page(
                "Page not found", "Sorry, the file you have requested does not exist.", 404
            )
        match self._behaviour.now.sheet:
            case "hidden":
                return google_page("Unauthorized", "You need permission to open this file.", 401)
            case "throttled":
                return google_page("Sorry...", "Too many requests. Please try again later.", 429)
            case "broken":
                return google_page("Server error", "Sorry, unable to open the file now.", 500)
            case "sign-in":
                target = f"http://{request.host}/accounts/ServiceLogin?service=wise"
                return web.Response(status=302, headers={hdrs.LOCATION: target})
        if request.query.get("format") != "csv":
            return google_page("Bad request", "This format is not offered.", 400)
        # The demo's sheet has one tab, whose gid is 0.
        if request.query.get("gid", "0") != "0":
            return google_page("Bad request", "Sorry, unable to open the file at present.", 400)
        return None

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Answer the sheet's bytes as text/csv, whole or as the switch asks for."""
        if request.match_info["link"] not in self._links:
            return google_page("Forbidden", "This link has run out.", 403)
        ways: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
            "truncated": self._truncated,
            "short-length": self._short_length,
            "packed": self._packed,
            "endless": self._endless,
            "gzip-bomb": self._bomb,
        }
        now = self._behaviour.now.sheet
        if now in ways:
            return await ways[now](request)
        if now == "html":
            return google_page("Google Sheets", "Something that is no table.", 200)
        lines = self.body.splitlines(keepends=True)
        parts = {
            "empty": b"",
            "header-only": b"".join(lines[:1]),
            "half": b"".join(lines[: 1 + len(lines) // 2]),
        }
        return web.Response(body=parts.get(now, self.body), headers=csv_headers())

    async def _truncated(self, request: web.Request) -> web.StreamResponse:
        """Promise the whole sheet, send two thirds of it, and hang up."""
        response = web.StreamResponse(headers=csv_headers())
        response.content_length = len(self.body)
        await response.prepare(request)
        await response.write(self.body[: len(self.body) * 2 // 3])
        if request.transport is not None:
            request.transport.close()
        return response

    async def _short_length(self, request: web.Request) -> web.StreamResponse:
        """Promise two thirds of the sheet, and send all of it."""
        promised = len(self.body) * 2 // 3
        response = web.StreamResponse(headers=csv_headers())
        response.content_length = promised
        await response.prepare(request)
        if request.transport is not None:  # the response itself would keep its promise
            request.transport.write(self.body)
            request.transport.close()
        return response

    async def _packed(self, request: web.Request) -> web.StreamResponse:
        """Send the sheet as Google does to those who can unpack it."""
        packed = await asyncio.to_thread(gzip.compress, self.body)
        headers = {**csv_headers(), hdrs.CONTENT_ENCODING: "gzip"}
        return web.Response(body=packed, headers=headers)

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        """Send two gigabytes of rows, for as long as somebody reads."""
        response = web.StreamResponse(headers=csv_headers())
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(b"Artist,Album\r\n")
        block = b"Somebody,Something\r\n" * 5_000
        for _ in range(ENDLESS_BYTES // len(block)):
            await response.write(block)
        return response

    async def _bomb(self, request: web.Request) -> web.StreamResponse:
        packed = await asyncio.to_thread(gzip_bomb)
        headers = {**csv_headers(), hdrs.CONTENT_ENCODING: "gzip"}
        return web.Response(body=packed, headers=headers)

    async def sign_in(self, request: web.Request) -> web.Response:
        return google_page("Google Sheets - Sign in", "Sign in to continue to Google Sheets", 200)

    async def edit(self, request: web.Request) -> web.Response:
        """Show the sheet as a table to a person who follows the link."""
        if request.match_info["id"] != SHEET_ID:
            return google_page("Page not found", "There is no such sheet.", 404)
        rows = csv.reader(io.StringIO(self.body.decode(errors="replace")))
        lines = "\n".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        body = (
            '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>The demo\'s sheet</title>'
            '<link rel="stylesheet" href="/control.css"><main class="sheet"><h1>The demo\'s sheet'
            f"</h1><table>{lines}</table></main></html>\n"
        )
        return web.Response(text=body, content_type="text/html")


def csv_headers() -> dict[str, str]:
    name = f"Albums-{digest('file', SHEET_ID) % 10_000}.csv"
    return {
        hdrs.CONTENT_TYPE: "text/csv; charset=utf-8",
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
        hdrs.CACHE_CONTROL: "no-cache, no-store, max-age=0, must-revalidate",
    }
