"""Fetching a Google Sheet as CSV, without credentials."""

import hashlib
import re
from dataclasses import dataclass

from yarl import URL

from .errors import (
    MustWait,
    NetworkError,
    SheetBlockedAddress,
    SheetEmpty,
    SheetEncoding,
    SheetHtml,
    SheetNotFound,
    SheetPrivate,
    SheetTooLarge,
    SheetTruncated,
    SheetUnavailable,
    SheetWrongTab,
)
from .http import (
    MIB,
    AddressRefused,
    Answer,
    AnswerTooLarge,
    Http,
    TransportError,
    Truncated,
    origin_of,
    within,
)
from .retry_after import retry_after
from .settings import SHORT_WAIT_S
from .sheet_url import SheetRef, export_url

MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CONTENT_HOSTS = ".googleusercontent.com"
SIGN_IN_HOST = "accounts.google.com"
SIGN_IN_MARKS = (b"accounts.google.com", b"ServiceLogin")
PAGE_STARTS = (b"<!doctype", b"<html", b"<head", b"<?xml")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})  # where nothing is said, UTF-8 is assumed
LOOKED_AT_BYTES = 64 * 1024  # of a page, for the marks of a sign-in form


@dataclass(frozen=True)
class Sheet:
    """The bytes as Google gave them, and their SHA-256 in lowercase hex."""

    body: bytes
    sha256: str


async def read_sheet(http: Http, ref: SheetRef, origin: str) -> Sheet:
    """Fetch the tab that `ref` names from `origin` (https://docs.google.com).

    Google answers a shared sheet with a redirect to *.googleusercontent.com, a private one with
    401 or a redirect to a sign-in page, a missing one with 404 and a wrong tab with 400.
    Redirects are followed by hand, at most three, and only to those hosts.

    Raises a SheetError, NetworkError, or MustWait for 429. Everything together, retries and
    redirects included, takes no longer than the sheet's total time.
    """
    if origin_of(origin) is None:
        raise SheetBlockedAddress()
    # Raised after the except blocks, so that no transport error stays attached as a context.
    failure: Exception
    try:
        answer = await within(http.sheet_limits.total_s, _follow(http, ref, origin))
        return _accept(answer, ref)
    except AddressRefused:
        failure = SheetBlockedAddress()
    except AnswerTooLarge:
        limits = http.sheet_limits
        failure = SheetTooLarge(
            what=f"more than {limits.wire_bytes // MIB} MiB on the way "
            f"or {limits.body_bytes // MIB} MiB unpacked"
        )
    except Truncated:
        failure = SheetTruncated()
    except TransportError as error:
        failure = NetworkError(service="Google Sheets", problem=str(error))
    raise failure


def next_hop(url: URL, location: str, origin: str) -> URL:
    """Return where a redirect from `url` leads, if we may go there.

    Allowed are the origin itself, which may be plain HTTP at loopback in a demo, and
    *.googleusercontent.com over HTTPS. Raises SheetPrivate for Google's sign-in page and
    SheetBlockedAddress for everything else, before any connection is made.
    """
    target = _joined(url, location)
    target_origin = origin_of(target) if target else None
    if target is None or target_origin is None:
        raise SheetBlockedAddress()
    host = (target.host or "").lower()
    if host == SIGN_IN_HOST or (target_origin == origin_of(origin) and _signs_in(target)):
        raise SheetPrivate()
    if target.user is not None or target.password is not None:
        raise SheetBlockedAddress()
    if target_origin == origin_of(origin):
        return target
    if target.scheme == "https" and target.port == 443 and host.endswith(CONTENT_HOSTS):
        return target
    raise SheetBlockedAddress()


def _joined(url: URL, location: str) -> URL | None:
    """Where that leads; None for what is no address, or has a host that nobody could look up."""
    try:
        target = url.join(URL(location))
        (target.host or "").encode("idna")
    except ValueError:
        return None
    return target


def _signs_in(url: URL) -> bool:
    return "ServiceLogin" in url.path or url.path.endswith("/signin")


async def _follow(http: Http, ref: SheetRef, origin: str) -> Answer:
    url = URL(export_url(ref, origin))
    for _ in range(1 + MAX_REDIRECTS):

        async def attempt(url: URL = url) -> Answer:
            return await http.once("GET", url, http.sheet_limits, service="google")

        answer = await http.retrying(attempt)
        if answer.status not in REDIRECTS:
            return answer
        url = next_hop(url, answer.headers.get("Location", ""), origin)
    raise SheetUnavailable(status=answer.status)


def _accept(answer: Answer, ref: SheetRef) -> Sheet:
    """Return the sheet, or raise what the answer means instead."""
    status, body = answer.status, answer.body
    if status in (401, 403):
        raise SheetPrivate()
    if status in (404, 410):
        raise SheetNotFound()
    if status == 400:
        raise SheetNotFound() if ref.gid is None else SheetWrongTab()
    if status == 429:
        wait_s = retry_after(answer.headers.get("Retry-After"), default_s=SHORT_WAIT_S)
        raise MustWait("google", max(wait_s, SHORT_WAIT_S), "rate-limit")
    if status != 200:
        raise SheetUnavailable(status=status)
    content_type = answer.headers.get("Content-Type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "text/csv" or _is_page(body):
        marked = any(mark in body[:LOOKED_AT_BYTES] for mark in SIGN_IN_MARKS)
        raise SheetPrivate() if marked and _is_page(body) else SheetHtml()
    if not body.strip():
        raise SheetEmpty()
    charset = _CHARSET.search(content_type)
    if charset and charset[1].lower() not in UTF_8:
        raise SheetEncoding(line=1)
    return Sheet(body, hashlib.sha256(body).hexdigest())


def _is_page(body: bytes) -> bool:
    return body[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(PAGE_STARTS)
