"""Applies the switches and the latencies to every call that reaches one of the two services."""

import asyncio
import math
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import hdrs, web

from .behaviour import Behaviour, parse_window
from .calls import Ledger

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Seconds. Google takes its time twice, for the redirect and for the file.
MEDIAN = {"spotify": 0.18, "google": 0.6}
# Of the logarithm: one call in twelve to Spotify takes more than twice the median.
SPREAD = {"spotify": 0.5, "google": 0.15}
STALL_CHANCE = 0.015  # now and then an answer takes seconds, as it does on the real thing
STALL = 2.2  # seconds
SLOW_FACTOR = 8
LOOK_AGAIN = 0.05  # seconds between two looks at whether a hung call may end

PREMIUM_TEXT = (
    "Active premium subscription required for the owner of the app. When the subscription status "
    "changes, it can take a few hours before requests are allowed again."
)
BAD_GATEWAY = "<html><head><title>502</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"


class RollingWindow:
    """Accepts at most `calls` calls within any `seconds` seconds; refused calls do not count."""

    def __init__(self) -> None:
        self._accepted: deque[float] = deque()

    def refuse(self, setting: str | None) -> int | None:
        """Return None where the call is accepted, else the whole seconds to wait (1 or more)."""
        if setting is None:
            self._accepted.clear()
            return None
        calls, seconds = parse_window(setting)
        now = time.monotonic()
        while self._accepted and self._accepted[0] <= now - seconds:
            self._accepted.popleft()
        if len(self._accepted) < calls:
            self._accepted.append(now)
            return None
        free_at = self._accepted[len(self._accepted) - calls] + seconds
        return max(1, math.ceil(free_at - now))


class Weather:
    """What comes between a caller and the service: delays, refusals, silence."""

    def __init__(self, behaviour: Behaviour, ledger: Ledger, seed: int) -> None:
        self.behaviour = behaviour
        self.ledger = ledger
        self.window = RollingWindow()
        self.chance = random.Random(seed)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        service = service_of(request.path)
        if service is None:
            return await handler(request)
        resource = request.match_info.route.resource
        place = resource.canonical if resource else "unknown"
        endpoint = f"{request.method} {place}"
        begun = self.ledger.begin(endpoint)
        # What is noted when nothing is answered; it stays so also where the caller gives up.
        answer = "hung" if self.behaviour.affects("hang", service) else "dropped"
        try:
            response = await self._pass(request, handler, service)
            if response is not None and self.behaviour.affects("drip", service):
                response = await self._drip(request, response)
            if response is not None:
                answer = str(response.status)
                return response
            return drop(request)
        except web.HTTPException as error:
            answer = str(error.status)
            raise
        finally:
            self.ledger.end(begun, endpoint, service, request.method, request.path_qs, answer)

    async def _pass(
        self, request: web.Request, handler: Handler, service: str
    ) -> web.StreamResponse | None:
        """Return the answer, or None where the connection is to be cut without one."""
        if self.behaviour.affects("network_lost", service):
            return None
        if self.behaviour.affects("hang", service):
            await self._hang(request, service)
            return None
        if service == "google":
            await self._delay(service)
            return await handler(request)
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        await self._delay(service)
        # Cables are cut in the middle of a call, too.
        if self.behaviour.affects("network_lost", service):
            return None
        return self._fault(request) or self._custom(request) or await handler(request)

    async def _hang(self, request: web.Request, service: str) -> None:
        """Say nothing until the caller goes away or the switch is turned off."""
        while self.behaviour.affects("hang", service):
            if request.transport is None or request.transport.is_closing():
                return
            await asyncio.sleep(LOOK_AGAIN)

    async def _drip(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        """Send the body of an answer a byte at a time."""
        body = response.body if isinstance(response, web.Response) else None
        if not isinstance(body, bytes):
            return response
        slow = web.StreamResponse(status=response.status, headers=response.headers)
        await slow.prepare(request)
        for at in range(len(body)):
            await slow.write(body[at : at + 1])
            await asyncio.sleep(self.behaviour.now.drip_ms / 1000)
        return slow

    async def _delay(self, service: str) -> None:
        """Wait as long as the service would: seldom much less than the median, at times more."""
        now = self.behaviour.now
        if service == "spotify" and now.latency_ms is not None:
            seconds = now.latency_ms / 1000
        else:
            seconds = MEDIAN[service] * math.exp(self.chance.gauss(0, SPREAD[service])) * now.speed
            if self.chance.random() < STALL_CHANCE:
                seconds += STALL * now.speed
        if now.slow:
            seconds *= SLOW_FACTOR
        if seconds > 0:
            await asyncio.sleep(seconds)

    def _refusal(self, request: web.Request) -> web.Response | None:
        """Return a 429 where one is due. Tokens come from another host, which does not count."""
        if not request.path.startswith("/v1/"):
            return None
        now = self.behaviour.now
        if now.quota_exceeded:
            return self._too_many("Too many requests", now.quota_seconds, quota=True)
        if self.behaviour.take_rate_limit():
            return self._too_many("API rate limit exceeded", now.rate_limit_seconds)
        if self.chance.random() * 100 < now.limited_percent:
            return self._too_many("API rate limit exceeded", now.limited_seconds)
        wait = self.window.refuse(now.window)
        return None if wait is None else self._too_many("API rate limit exceeded", wait)

    def _too_many(self, message: str, seconds: int, *, quota: bool = False) -> web.Response:
        error: dict[str, object] = {"status": 429, "message": message}
        if quota:
            error["reason"] = "QUOTA_EXCEEDED"
        headers = retry_after(self.behaviour.now.retry_after, seconds)
        return web.json_response({"error": error}, status=429, headers=headers)

    def _custom(self, request: web.Request) -> web.Response | None:
        """Return the answer that somebody has put in the place of Spotify's own."""
        answer = self.behaviour.custom_answers.get(request.path)
        if answer is None:
            return None
        return web.Response(body=answer.body, status=answer.status, content_type=answer.kind)

    def _fault(self, request: web.Request) -> web.Response | None:
        now = self.behaviour.now
        if request.path.startswith("/v1/") and now.premium_missing:
            return web.Response(status=403, text=PREMIUM_TEXT)
        if self.chance.random() * 100 < now.broken_percent:
            status = self.chance.choice((500, 502, 503))
            return web.Response(status=status, text=BAD_GATEWAY, content_type="text/html")
        return None


def service_of(path: str) -> str | None:
    """Return which of the two services a path belongs to, or None for the demo's own pages."""
    if path.startswith(("/v1/", "/api/")):
        return "spotify"
    if path.startswith(("/spreadsheets/", "/export-file/", "/accounts/")):
        return None if path.endswith("/edit") else "google"
    return None


def retry_after(form: str, seconds: int) -> dict[str, str]:
    """Return the header that asks to wait so long, in one of its forms, right and wrong."""
    forms = {
        "seconds": str(seconds),
        "date": format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True),
        "negative": str(-seconds),
    }
    return {hdrs.RETRY_AFTER: forms[form]} if form in forms else {}


def drop(request: web.Request) -> web.Response:
    """Cut the connection without an answer; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
