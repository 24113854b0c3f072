"""A sheet arrives whole and from where it may, or the error says what to do."""

import gzip
import hashlib
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from yarl import URL

from albums.sources import errors
from albums.sources.http import MIB, Http
from albums.sources.sheet import next_hop, read_sheet
from albums.sources.sheet_url import SheetRef

from .conftest import BACKOFF_S, PATIENT
from .upstream import (
    Reply,
    Upstream,
    breaks_off,
    csv,
    drips,
    hangs_up,
    says,
    says_nothing,
)

REF = SheetRef("demo")
EXPORT = "/spreadsheets/d/demo/export"
BODY = "Artist,Album\r\nCan,Tago Mago\r\n"
SIGN_IN = '<html><a href="https://accounts.google.com/ServiceLogin">Sign in</a></html>'


async def test_a_shared_sheet_is_read_through_its_redirect(upstream: Upstream, http: Http) -> None:
    upstream.script[EXPORT].append(says(307, Location=f"{upstream.origin}/export/signed?x=1"))
    upstream.standing["/export/signed"] = csv(BODY)
    sheet = await read_sheet(http, REF, upstream.origin)
    assert sheet.body == BODY.encode()
    assert sheet.sha256 == hashlib.sha256(BODY.encode()).hexdigest()
    assert upstream.queries == [{"format": "csv"}, {"x": "1"}]


async def test_a_packed_sheet_is_unpacked(upstream: Upstream, http: Http) -> None:
    packed = gzip.compress(BODY[:9].encode()) + gzip.compress(BODY[9:].encode())
    upstream.standing[EXPORT] = csv(packed, Content_Encoding="gzip")
    assert (await read_sheet(http, REF, upstream.origin)).body == BODY.encode()


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (says(401, SIGN_IN), "sheet-private"),
        (says(403, "no"), "sheet-private"),
        (says(302, Location="https://accounts.google.com/ServiceLogin?x=1"), "sheet-private"),
        (says(200, SIGN_IN, Content_Type="text/html"), "sheet-private"),
        (says(200, "<!DOCTYPE html><p>hello", Content_Type="text/html"), "sheet-html"),
        (csv("\ufeff <HTML>"), "sheet-html"),
        (says(200, b"PK\x03\x04", Content_Type="application/zip"), "sheet-html"),
        (says(404, "<html>"), "sheet-not-found"),
        (says(400, "<html>"), "sheet-not-found"),
        (says(500), "sheet-unavailable"),
        (says(204), "sheet-unavailable"),
        (csv(""), "sheet-empty"),
        (says(302, Location="http://169.254.169.254/latest/meta-data"), "sheet-blocked-address"),
        (says(302, Location="http://127.0.0.1:1/"), "sheet-blocked-address"),
        (says(302, Location="file:///etc/passwd"), "sheet-blocked-address"),
        (
            says(302, Location="https://googleusercontent.com.evil.example/"),
            "sheet-blocked-address",
        ),
        (says(302, Location="http://["), "sheet-blocked-address"),
        (says(302, Location="https://xn--a.googleusercontent.com/"), "sheet-blocked-address"),
        (says(302, Location="https://x..googleusercontent.com/"), "sheet-blocked-address"),
        (says(302, Location=EXPORT), "sheet-unavailable"),
        (hangs_up, "network"),
        (breaks_off, "sheet-truncated"),
        (csv(gzip.compress(BODY.encode())[:-9], Content_Encoding="gzip"), "sheet-truncated"),
        (csv(BODY, Content_Encoding="gzip"), "sheet-truncated"),
        (csv(BODY, Content_Encoding="br"), "sheet-truncated"),
        (
            csv(gzip.compress(b"") * 99 + gzip.compress(BODY.encode()), Content_Encoding="gzip"),
            "sheet-truncated",
        ),
        (says(200, BODY, Content_Type="text/csv; charset=iso-8859-1"), "sheet-encoding"),
        (says(200, BODY, Content_Type='text/csv; charset="ISO-2022-JP"'), "sheet-encoding"),
    ],
)
async def test_every_other_answer_is_a_typed_error(
    upstream: Upstream, http: Http, reply: Reply, code: str
) -> None:
    upstream.standing[EXPORT] = reply
    with pytest.raises(errors.SyncError) as caught:
        await read_sheet(http, REF, upstream.origin)
    assert caught.value.code == code
    assert caught.value.message and caught.value.remedy
    assert "169.254" not in repr(caught.value) + str(caught.value.details)
    assert caught.value.__context__ is None


async def test_a_wrong_tab_is_told_from_a_wrong_sheet(upstream: Upstream, http: Http) -> None:
    upstream.standing[EXPORT] = says(400, "<html>")
    with pytest.raises(errors.SheetWrongTab):
        await read_sheet(http, replace(REF, gid=7), upstream.origin)
    assert upstream.queries[0] == {"format": "csv", "gid": "7"}


async def test_a_fault_that_passes_is_retried(upstream: Upstream, http: Http) -> None:
    upstream.script[EXPORT].extend([says(503), hangs_up])
    upstream.standing[EXPORT] = csv(BODY)
    assert (await read_sheet(http, REF, upstream.origin)).body == BODY.encode()


async def test_a_fault_that_stays_is_tried_three_times(upstream: Upstream, http: Http) -> None:
    upstream.standing[EXPORT] = says(503)
    with pytest.raises(errors.SheetUnavailable):
        await read_sheet(http, REF, upstream.origin)
    assert upstream.count(EXPORT) == 3


@pytest.mark.parametrize(("header", "seconds"), [({}, 60), ({"Retry_After": "7200"}, 7200)])
async def test_a_throttled_sheet_must_wait(
    upstream: Upstream, http: Http, header: dict[str, str], seconds: int
) -> None:
    upstream.standing[EXPORT] = says(429, **header)
    with pytest.raises(errors.MustWait) as caught:
        await read_sheet(http, REF, upstream.origin)
    assert (caught.value.service, caught.value.until_seconds) == ("google", seconds)
    assert upstream.count(EXPORT) == 1


@pytest.mark.parametrize(
    "reply",
    [
        csv(b"x" * (MIB + 1)),
        csv(gzip.compress(b"x" * (3 * MIB)), Content_Encoding="gzip"),
    ],
    ids=["on the wire", "unpacked"],
)
async def test_a_sheet_beyond_its_limits_is_cut_off(upstream: Upstream, reply: Reply) -> None:
    upstream.standing[EXPORT] = reply
    limits = replace(PATIENT, wire_bytes=MIB, body_bytes=2 * MIB)
    async with Http(exempt_origins=[upstream.origin], sheet_limits=limits) as http:
        with pytest.raises(errors.SheetTooLarge):
            await read_sheet(http, REF, upstream.origin)
    assert upstream.count(EXPORT) == 1


@pytest.mark.parametrize("reply", [says_nothing, drips])
async def test_silence_and_dripping_end_at_the_deadline(upstream: Upstream, reply: Reply) -> None:
    upstream.standing[EXPORT] = reply
    limits = replace(PATIENT, read_s=0.2, total_s=0.5)
    async with Http(
        exempt_origins=[upstream.origin], sheet_limits=limits, retry_base_s=BACKOFF_S
    ) as http:
        with pytest.raises(errors.NetworkError) as caught:
            await read_sheet(http, REF, upstream.origin)
    assert caught.value.message == (
        "Network error: Unable to reach external services. Please check your connection."
    )


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full: who connects hears nothing, as behind many a firewall."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port: int = listening.getsockname()[1]
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


async def test_a_connection_that_is_not_taken_is_given_up_in_time(full_port: int) -> None:
    origin = f"http://127.0.0.1:{full_port}"
    limits = replace(PATIENT, connect_s=0.3)
    began = time.monotonic()
    async with Http(exempt_origins=[origin], sheet_limits=limits, retry_base_s=BACKOFF_S) as http:
        with pytest.raises(errors.NetworkError) as caught:
            await read_sheet(http, REF, origin)
    assert caught.value.details == {"service": "Google Sheets", "problem": "no connection in time"}
    assert 0.85 < time.monotonic() - began < limits.total_s


async def test_nobody_at_the_address_is_a_network_error(upstream: Upstream, http: Http) -> None:
    origin = upstream.origin
    await upstream.server.close()
    with pytest.raises(errors.NetworkError):
        await read_sheet(http, REF, origin)


async def test_a_private_address_is_refused_before_any_call(upstream: Upstream) -> None:
    async with Http(retry_base_s=BACKOFF_S) as http:
        for name in ("127.0.0.1", "localhost", "127.1", "2130706433", "0177.0.0.1", "0x7f.1"):
            origin = upstream.origin.replace("127.0.0.1", name)
            with pytest.raises(errors.SheetBlockedAddress):
                await read_sheet(http, REF, origin)
    assert upstream.calls == []


GOOGLE = "https://docs.google.com"


@pytest.mark.parametrize(
    "location",
    [
        "https://doc-0s-74-sheets.googleusercontent.com/export/abc?x=1",
        "https://docs.google.com/spreadsheets/d/x/export",
        "/elsewhere",
    ],
)
def test_redirects_within_google_are_allowed(location: str) -> None:
    assert next_hop(URL(f"{GOOGLE}/spreadsheets/"), location, GOOGLE).scheme == "https"


@pytest.mark.parametrize(
    "location",
    [
        "http://doc-0s.googleusercontent.com/",
        "https://doc-0s.googleusercontent.com:8443/",
        "https://user@doc-0s.googleusercontent.com/",
        "https://googleusercontent.com/",
        "http://docs.google.com/",
        "https://docs.google.com.evil.example/",
        "//evil.example/",
    ],
)
def test_redirects_elsewhere_are_blocked(location: str) -> None:
    with pytest.raises(errors.SheetBlockedAddress):
        next_hop(URL(f"{GOOGLE}/spreadsheets/"), location, GOOGLE)
