"""One HTTP session for everything that we call: deadlines, retries, limits, no redirects."""

import asyncio
from base64 import b64decode
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Self

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    wait_random_exponential,
)
from yarl import URL

from .addresses import BlockedAddress, PublicResolver, is_literal, is_public
from .inflate import PACKED, Body, Broken, TooLarge
from .settings import SourceSettings

MIB = 1024 * 1024
MAX_TRIES = 3
USER_AGENT = "Groovelog"


@dataclass(frozen=True)
class Limits:
    """Of one try: times in seconds, sizes in bytes on the wire and unpacked."""

    connect_s: float
    read_s: float  # between two pieces of an answer
    total_s: float
    wire_bytes: int
    body_bytes: int


SHEET_LIMITS = Limits(5, 10, 60, 5 * MIB, 20 * MIB)
SPOTIFY_LIMITS = Limits(5, 10, 20, 5 * MIB, 5 * MIB)


# (service, status or outcome of what came instead): hears of every single try.
Told = Callable[[str, str], None]
CUT_OFF = "cut-off"  # nobody waited for the answer any more


def untold(service: str, outcome: str) -> None:
    """Nobody hears."""


class TransportError(Exception):
    """No whole answer came. The text says why in a few words; none of these holds a request or an
    address, so none can hold a secret."""

    outcome: ClassVar[str]  # as `told` hears of it, of those that a single try ends with


class CannotConnect(TransportError):
    """DNS failed, or the connection was refused, not secured, or not made in time."""

    outcome = "no-connection"


class NoAnswer(TransportError):
    """Connected, but the answer did not come, not in time, or is not HTTP."""

    outcome = "no-answer"


class Truncated(TransportError):
    """The answer began and broke off, does not say where it ends, or is not what it says."""

    outcome = "truncated"


class Unreadable(TransportError):
    """The whole answer came, and is nothing that was asked for."""


class AnswerTooLarge(TransportError):
    """The answer is beyond its limit, on the wire or unpacked."""

    outcome = "too-large"


class AddressRefused(TransportError):
    """The host is not one that we may call."""

    outcome = "refused-address"


@dataclass(frozen=True)
class Answer:
    """A whole answer: status, headers (case-insensitive), the unpacked body."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


def origin_of(url: str | URL) -> URL | None:
    """Return scheme, host and port of `url`, or None where it has none."""
    try:
        return URL(url).origin()
    except ValueError:
        return None


class Http:
    """The session; use it as an async context manager.

    `exempt_origins` are the addresses that the admin configured: only they may be private,
    loopback or link-local ones. Proxies from the environment are not used (`trust_env`), and
    cookies are not kept. `told` hears how every single try ended.
    """

    def __init__(
        self,
        *,
        exempt_origins: Collection[str] = (),
        retry_base_s: float = 0.5,
        sheet_limits: Limits = SHEET_LIMITS,
        spotify_limits: Limits = SPOTIFY_LIMITS,
        told: Told = untold,
    ) -> None:
        self._exempt = frozenset(filter(None, map(origin_of, exempt_origins)))
        self._retry_base_s = retry_base_s
        self.sheet_limits = sheet_limits
        self.spotify_limits = spotify_limits
        self._told = told
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def for_settings(cls, settings: SourceSettings, told: Told = untold) -> Self:
        """Return a session that may call the configured addresses, wherever they are."""
        return cls(
            exempt_origins=(settings.sheets_origin, settings.api_url, settings.token_url),
            retry_base_s=settings.retry_base_s,
            told=told,
        )

    async def __aenter__(self) -> Self:
        exempt = {((url.host or "").lower(), url.port or 0) for url in self._exempt}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=PublicResolver(frozenset(exempt))),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # we unpack, so that we can count
            trust_env=False,
        )
        # aiohttp would call once more by itself where a connection ends without an answer: twice
        # as many calls as `retrying` and the limiter know of.
        self._session._retry_connection = False
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def once(
        self,
        method: str,
        url: str | URL,
        limits: Limits,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | bytes | None = None,
        service: str = "other",
    ) -> Answer:
        """Send one request and return whatever is answered, redirects and errors included.

        `service` is who is called, as `told` hears it. Raises a TransportError where no whole
        answer came.
        """
        # Raised out here, not in the except blocks: as a context the original would stay
        # attached, and aiohttp's own errors carry the request with its Authorization header.
        outcome = CUT_OFF
        try:
            result = await self._try(method, URL(url), limits, headers or {}, data)
            outcome = str(result.status) if isinstance(result, Answer) else result.outcome
        finally:
            self._told(service, outcome)
        if isinstance(result, TransportError):
            raise result
        return result

    async def retrying(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """Await `attempt()` until it gives an answer below 500, at most `MAX_TRIES` times.

        Returns the last answer or raises the last TransportError. Between two tries it waits
        with exponential backoff and full jitter
        (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
        """
        retrying = AsyncRetrying(
            stop=stop_after_attempt(MAX_TRIES),
            wait=wait_random_exponential(self._retry_base_s),
            retry=retry_if_exception_type((CannotConnect, NoAnswer, Truncated, Unreadable))
            | retry_if_result(lambda answer: answer.status >= 500),
            retry_error_callback=_last_outcome,
        )
        answer: Answer = await retrying(attempt)
        return answer

    async def _try(
        self,
        method: str,
        url: URL,
        limits: Limits,
        headers: Mapping[str, str],
        data: Mapping[str, str] | bytes | None,
    ) -> Answer | TransportError:
        if self._session is None:
            raise RuntimeError("Http is used outside of its `async with`")
        host = url.host or ""
        if is_literal(host) and not is_public(host) and url.origin() not in self._exempt:
            return AddressRefused("a private address")
        timeout = aiohttp.ClientTimeout(
            total=limits.total_s, connect=limits.connect_s, sock_read=limits.read_s
        )
        sent: CIMultiDict[str] = CIMultiDict(headers)
        sent.update({"Accept-Encoding": "gzip", "User-Agent": USER_AGENT})
        answering = False
        try:
            async with self._session.request(
                method, url, headers=sent, data=data, timeout=timeout, allow_redirects=False
            ) as response:
                answering = True
                if not _tells_its_end(response):
                    return Truncated("an answer that does not say where it ends")
                encoding = response.headers.get("Content-Encoding", "")
                body = Body(encoding, limits.wire_bytes, limits.body_bytes)
                protocol = response.connection.protocol if response.connection else None
                async for chunk in response.content.iter_any():
                    body.feed(chunk)
                whole = body.finish()
                if protocol is not None and protocol.exception() is not None:
                    return Truncated("more than the promised length")
                return Answer(response.status, response.headers, _without_secret(whole, sent))
        except BlockedAddress:
            return AddressRefused("a host without a public address")
        except TooLarge:
            return AnswerTooLarge("an answer that is too large")
        except Broken:
            return Truncated("a damaged answer")
        except aiohttp.ConnectionTimeoutError:
            return CannotConnect("no connection in time")
        except aiohttp.ClientConnectorError:
            return CannotConnect("no connection")
        except TimeoutError:  # aiohttp's time-outs of reading and of the whole are such
            return NoAnswer("no whole answer in time")
        except aiohttp.InvalidURL:
            return AddressRefused("not an address that can be called")
        except aiohttp.ClientResponseError:  # such as lengths that contradict each other
            return Truncated("an answer that is not HTTP")
        except (aiohttp.ClientError, OSError):
            return Truncated("broke off") if answering else NoAnswer("hung up without an answer")


def _last_outcome(state: RetryCallState) -> Answer:
    if state.outcome is None:
        raise RuntimeError("tenacity ended without an outcome")
    answer: Answer = state.outcome.result()
    return answer


def _tells_its_end(response: aiohttp.ClientResponse) -> bool:
    """Whether a break-off can be told from the end: by a length, or a mark at the end. Without
    either, half a sheet would pass for a sheet."""
    headers = response.headers
    return (
        response.status != 200
        or "Content-Length" in headers
        or "chunked" in headers.get("Transfer-Encoding", "").lower()
        or headers.get("Content-Encoding", "").strip().lower() in PACKED
    )


def _without_secret(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a body without our credentials: some servers echo what they were sent."""
    scheme, _, secret = headers.get("Authorization", "").partition(" ")
    secrets = [secret.encode()] if secret else []
    if scheme == "Basic":
        secrets.append(b64decode(secret).partition(b":")[2])
    for one in filter(None, secrets):
        body = body.replace(one, b"[removed]")
    return body


async def within(seconds: float, work: Awaitable[Answer]) -> Answer:
    """Return what `work` gives, or raise NoAnswer after `seconds`, retries and all."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        pass
    raise NoAnswer("no whole answer in time")
