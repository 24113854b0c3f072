"""The control page for people, and the same switches as JSON for tests."""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import hdrs, web

from .albums import Library
from .behaviour import PEERS, RETRY_AFTER, SHEETS, Answer, Behaviour, Refused, integer
from .calls import Ledger
from .sheet import SHEET_ID
from .weather import service_of

HERE = Path(__file__).parent
NO_STORE: dict[str, str] = {hdrs.CACHE_CONTROL: "no-store"}
PAGE_HEADERS: dict[str, str] = {
    **NO_STORE,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
}
PEER_NAMES = {"off": "off", "spotify": "Spotify", "google": "Google Sheets", "both": "both"}
RETRY_AFTER_NAMES = {
    "seconds": "in seconds",
    "date": "as a date",
    "negative": "as a negative number",
    "absent": "without saying so",
}
SHEET_NAMES = {
    "normal": "as it is",
    "hidden": "hidden: 401",
    "sign-in": "hidden: sign-in page",
    "missing": "not found: 404",
    "throttled": "too many requests: 429",
    "broken": "Google's own fault: 500",
    "html": "a web page, not CSV",
    "empty": "nothing at all",
    "header-only": "the header only",
    "half": "half of the rows",
    "truncated": "cut off on the way",
    "short-length": "longer than it says",
    "packed": "as it is, packed",
    "endless": "two gigabytes",
    "gzip-bomb": "a gzip bomb",
    "private-redirect": "redirect to a private address",
}


@dataclass(frozen=True)
class Switch:
    """One row of the control page: the switches that it sets, in words."""

    names: tuple[str, ...]
    title: str
    does: str
    then: str


SPOTIFY = (
    Switch(
        ("rate_limit_calls", "rate_limit_seconds", "retry_after"),
        "Rate limit",
        "Answers the next calls with 429 and asks to wait that many seconds.",
        "waits with a countdown, then goes on with the same sync; beyond a minute it parks it.",
    ),
    Switch(
        ("limited_percent", "limited_seconds"),
        "Now and then a rate limit",
        "Answers this share of the calls with 429 and asks to wait that many seconds.",
        "waits each time, calls less often, and loses no album.",
    ),
    Switch(
        ("quota_exceeded", "quota_seconds"),
        "Quota exceeded",
        "Answers every call with 429, QUOTA_EXCEEDED and a wait of many hours.",
        "parks the sync until then, and later ones, too, while this Groovelog runs. To go on at "
        "once, turn this off, cancel the sync and restart Groovelog.",
    ),
    Switch(
        ("broken_percent",),
        "Spotify broken",
        "Answers this share of the calls with 500, 502 or 503 and a web page.",
        "tries again a few times; an album that never comes fails alone.",
    ),
    Switch(
        ("failing_albums",),
        "Particular albums fail",
        "Answers 500 whenever one of these album ids is asked for.",
        "completes with warnings that name these albums.",
    ),
    Switch(
        ("credentials_refused",),
        "Credentials refused",
        "Answers invalid_client when a token is asked for.",
        "fails the sync and says that the credentials are not configured.",
    ),
    Switch(
        ("expire_tokens",),
        "Tokens expire",
        "Makes every token issued so far invalid, once.",
        "fetches a new token and nobody notices.",
    ),
    Switch(
        ("premium_missing",),
        "Premium missing",
        "Answers 403 in plain text: the app's owner needs Premium.",
        "fails the sync and shows that text.",
    ),
    Switch(
        ("extended_mode",),
        "Extended mode",
        "Opens the batch call, longer searches, labels and popularity.",
        "works just the same.",
    ),
)
GOOGLE = (
    Switch(
        ("sheet", "redirect_to"),
        "What Google answers",
        "Hides the sheet, loses it, cuts it off, leads elsewhere, or sends something else instead.",
        "changes nothing, fails the sync and says what it saw and what to do.",
    ),
)
BOTH = (
    Switch(
        ("slow",),
        "Slow",
        "Takes eight times as long for every answer.",
        "shows a longer time left, and loses nothing.",
    ),
    Switch(
        ("network_lost",),
        "Network lost",
        "Cuts the connection without an answer.",
        "tries again, then fails the sync with a network error.",
    ),
    Switch(
        ("hang",),
        "Hang",
        "Accepts the connection and never answers.",
        "gives up after its time limit and treats it as a lost network.",
    ),
    Switch(
        ("drip", "drip_ms"),
        "Drip",
        "Answers a byte at a time, with so many milliseconds between two.",
        "gives up after its time limit and treats it as a lost network.",
    ),
)


class Control:
    """GET /, GET and POST /behaviour, POST and DELETE /sheet and /answers, GET and DELETE /calls,
    /library."""

    def __init__(self, library: Library, behaviour: Behaviour, ledger: Ledger) -> None:
        self._library = library
        self._behaviour = behaviour
        self._ledger = ledger
        self._page = Template((HERE / "control.html").read_text(encoding="utf-8"))
        self._style = (HERE / "control.css").read_text(encoding="utf-8")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.page),
            web.get("/control.css", self.style),
            web.get("/behaviour", self.show),
            web.post("/behaviour", self.change),
            web.post("/sheet", self.set_sheet),
            web.delete("/sheet", self.restore_sheet),
            web.post("/answers", self.set_answer),
            web.delete("/answers", self.restore_answers),
            web.get("/calls", self.calls),
            web.delete("/calls", self.forget_calls),
            web.get("/library", self.library),
        ]

    async def page(self, request: web.Request) -> web.Response:
        state = self._behaviour.as_json()
        changed = self._behaviour.changed()
        on = self._on(changed)
        counts = self._ledger.as_json()
        body = self._page.substitute(
            now=html.escape(", ".join(on)) or "Everything is normal",
            state="changed" if on else "normal",
            sheet=f"/spreadsheets/d/{SHEET_ID}/edit",
            spotify=rows(SPOTIFY, state, changed),
            google=rows(GOOGLE, state, changed),
            both=rows(BOTH, state, changed),
            total=counts["total"],
            refused=counts["refused"],
            overlap=counts["max_overlap"],
            median=round(counts["times"]["median_ms"]),
            calls=call_rows(counts["recent"]),
        )
        return web.Response(text=body, content_type="text/html", headers=PAGE_HEADERS)

    def _on(self, changed: set[str]) -> list[str]:
        """Return what is on now, each in a few words."""
        switches = (*SPOTIFY, *GOOGLE, *BOTH)
        state = self._behaviour.as_json()
        on = [headline(switch, state) for switch in switches if is_on(switch, changed)]
        if self._behaviour.custom_sheet is not None:
            on.append("A sheet of your own")
        if self._behaviour.custom_answers:
            on.append("Answers of your own")
        now = self._behaviour.now
        if now.window is not None:
            on.append(f"At most {now.window.replace(':', ' calls in ')} seconds")
        if now.latency_ms is not None:
            on.append(f"Spotify answers after {now.latency_ms} ms")
        if now.speed != 1:
            on.append("No waiting" if now.speed == 0 else f"Waits at {now.speed * 100:g} %")
        return on

    async def style(self, request: web.Request) -> web.Response:
        return web.Response(text=self._style, content_type="text/css", headers=NO_STORE)

    async def show(self, request: web.Request) -> web.Response:
        return web.json_response(self._behaviour.as_json(), headers=NO_STORE)

    async def change(self, request: web.Request) -> web.Response:
        """Set switches from JSON (answers the new state) or from a form (303 to the page)."""
        by_form = request.content_type != "application/json"
        try:
            self._behaviour.apply(await wishes(request, by_form))
        except Refused as refusal:
            return web.json_response({"error": str(refusal)}, status=400)
        if by_form:
            return web.Response(status=303, headers={hdrs.LOCATION: "/"})
        return await self.show(request)

    async def set_sheet(self, request: web.Request) -> web.Response:
        """Serve the request's bytes as the sheet from now on, exactly as they are."""
        self._behaviour.custom_sheet = await request.read()
        return await self.show(request)

    async def restore_sheet(self, request: web.Request) -> web.Response:
        self._behaviour.custom_sheet = None
        return await self.show(request)

    async def set_answer(self, request: web.Request) -> web.Response:
        """Answer the request's bytes at the path `?path=` of Spotify's from now on, with `&status=`
        and the request's own content type."""
        path = request.query.get("path", "")
        try:
            if service_of(path) != "spotify":
                raise Refused("path: must be one of Spotify's")
            status = integer(200, 599)(request.query.get("status", "200"))
        except Refused as refusal:
            return web.json_response({"error": str(refusal)}, status=400)
        answer = Answer(await request.read(), status, request.content_type)
        self._behaviour.custom_answers[path] = answer
        return await self.show(request)

    async def restore_answers(self, request: web.Request) -> web.Response:
        self._behaviour.custom_answers.clear()
        return await self.show(request)

    async def calls(self, request: web.Request) -> web.Response:
        return web.json_response(self._ledger.as_json(), headers=NO_STORE)

    async def forget_calls(self, request: web.Request) -> web.Response:
        self._ledger.reset()
        return await self.calls(request)

    async def library(self, request: web.Request) -> web.Response:
        """Answer what the sheet holds and what Spotify knows, for tests that need ids."""
        listed = [
            {"artist": row.artist, "album": row.album, "year": row.year, "link": row.link}
            for row in self._library.rows
        ]
        known = [
            {"id": album.id, "name": album.name, "artists": album.artists, "year": album.year}
            for album in self._library.albums.values()
        ]
        return web.json_response({"sheet_id": SHEET_ID, "rows": listed, "albums": known})


async def wishes(request: web.Request, by_form: bool) -> Mapping[str, object]:
    if by_form:
        return {key: str(value) for key, value in (await request.post()).items()}
    try:
        body = await request.json()
    except json.JSONDecodeError:
        raise Refused("the body is no JSON") from None
    if not isinstance(body, dict):
        raise Refused("the body must be an object of switches")
    return body


def is_on(switch: Switch, changed: set[str]) -> bool:
    """The first name says whether a switch is on; the others are its measures."""
    return switch.names[0] in changed


def headline(switch: Switch, state: Mapping[str, Any]) -> str:
    """Return a switch that is on in a few words, with its measure where it has one."""
    value = state[switch.names[0]]
    match switch.names[0]:
        case "rate_limit_calls":
            return f"Rate limit for {value} calls"
        case "limited_percent":
            return f"Rate limit for {value} %"
        case "broken_percent":
            return f"Spotify broken for {value} %"
        case "failing_albums":
            return f"{len(value)} albums fail"
        case "sheet":
            return f"Sheet: {SHEET_NAMES[value]}"
        case "network_lost" | "hang" | "drip":
            return f"{switch.title}: {PEER_NAMES[value]}"
        case _:
            return switch.title


def rows(switches: tuple[Switch, ...], state: Mapping[str, Any], changed: set[str]) -> str:
    return "\n".join(row(switch, state, is_on(switch, changed)) for switch in switches)


def row(switch: Switch, state: Mapping[str, Any], on: bool) -> str:
    mark = ' <span class="mark">On</span>' if on else ""
    return (
        f'<li class="{"on" if on else "off"}"><h3>{switch.title}{mark}</h3>'
        f"{form(switch, state, on)}"
        f'<p>{switch.does}</p><p class="then">Groovelog {switch.then}</p></li>'
    )


def form(switch: Switch, state: Mapping[str, Any], on: bool) -> str:
    """Return the form that turns a switch; every one posts to /behaviour."""
    name = switch.names[0]
    match name:
        case "rate_limit_calls":
            calls = number("rate_limit_calls", "calls", state[name] if on else 3)
            seconds = number("rate_limit_seconds", "seconds", state["rate_limit_seconds"])
            form_of_wait = select(
                "retry_after", RETRY_AFTER, RETRY_AFTER_NAMES, state["retry_after"]
            )
            fields, verb = calls + seconds + form_of_wait, "Set"
        case "limited_percent":
            seconds = number("limited_seconds", "seconds", state["limited_seconds"])
            fields, verb = number(name, "percent", state[name]) + seconds, "Set"
        case "quota_exceeded":
            seconds = number("quota_seconds", "seconds", state["quota_seconds"])
            fields, verb = toggle(name, on) + seconds, turn(on)
        case "broken_percent":
            fields, verb = number(name, "percent", state[name]), "Set"
        case "failing_albums":
            fields, verb = text(name, "ids", " ".join(state[name])), "Set"
        case "expire_tokens":
            fields, verb = '<input type="hidden" name="expire_tokens" value="true">', "Expire"
        case "sheet":
            target = text("redirect_to", "redirect to", state["redirect_to"])
            fields, verb = select(name, SHEETS, SHEET_NAMES, state[name]) + target, "Set"
        case "drip":
            milliseconds = number("drip_ms", "ms", state["drip_ms"])
            fields, verb = select(name, PEERS, PEER_NAMES, state[name]) + milliseconds, "Set"
        case "network_lost" | "hang":
            fields, verb = select(name, PEERS, PEER_NAMES, state[name]), "Set"
        case _:
            fields, verb = toggle(name, on), turn(on)
    about = html.escape(switch.title)
    button = f'<button aria-label="{verb}: {about}">{verb}</button>'
    return f'<form method="post" action="/behaviour">{fields}{button}</form>'


def turn(on: bool) -> str:
    return "Turn off" if on else "Turn on"


def toggle(name: str, on: bool) -> str:
    return f'<input type="hidden" name="{name}" value="{"false" if on else "true"}">'


def number(name: str, unit: str, value: int) -> str:
    least = 1 if name.endswith("seconds") else 0
    limits = f'type="number" min="{least}" inputmode="numeric"'
    return f'<label><input {limits} name="{name}" value="{value}"> {unit}</label>'


def text(name: str, label: str, value: str) -> str:
    return f'<label>{label} <input class="ids" name="{name}" value="{html.escape(value)}"></label>'


def select(name: str, options: tuple[str, ...], names: Mapping[str, str], now: str) -> str:
    listed = "".join(
        f'<option value="{one}"{" selected" if one == now else ""}>{names[one]}</option>'
        for one in options
    )
    return f'<select name="{name}" aria-label="{name.replace("_", " ")}">{listed}</select>'


def call_rows(recent: list[dict[str, Any]]) -> str:
    if not recent:
        return '<tr><td colspan="4" class="none">No call yet.</td></tr>'
    return "\n".join(
        f'<tr class="{"well" if call["answer"][0] in "23" else "ill"}">'
        f'<td><time datetime="{call["at"]}">{call["at"][11:19]}</time></td>'
        f"<td>{call['method']} {html.escape(unquote_plus(call['path']))}</td>"
        f"<td>{call['answer']}</td><td>{call['milliseconds']:,} ms</td></tr>"
        for call in recent[:24]
    )
