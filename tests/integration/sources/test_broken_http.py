"""Answers that contradict themselves: what is not certainly whole is no sheet."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from albums.sources import errors
from albums.sources.http import Http
from albums.sources.sheet import read_sheet
from albums.sources.sheet_url import SheetRef

from .conftest import BACKOFF_S

BODY = b"Artist,Album\r\n" + b"".join(b"Artist %d,Album %d\r\n" % (n, n) for n in range(9_000))
CSV = "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n\r\n"
SHORTER = len(BODY) * 2 // 3

ANSWERS: dict[str, tuple[bytes, str]] = {
    "a length that is too long": (
        f"{CSV}Content-Length: {len(BODY) + 1}\r\n\r\n".encode() + BODY,
        "sheet-truncated",
    ),
    "a length that is too short": (
        f"{CSV}Content-Length: {SHORTER}\r\n\r\n".encode() + BODY,
        "sheet-truncated",
    ),
    "two lengths": (
        f"{CSV}Content-Length: {len(BODY)}\r\nContent-Length: {SHORTER}\r\n\r\n".encode() + BODY,
        "sheet-truncated",
    ),
    "a length below nothing": (
        f"{CSV}Content-Length: -1\r\n\r\n".encode() + BODY,
        "sheet-truncated",
    ),
    "no length and no mark at the end": (f"{CSV}\r\n".encode() + BODY, "sheet-truncated"),
    "a chunk without the next one": (
        f"{CSV}{CHUNKED}{len(BODY):x}\r\n".encode() + BODY + b"\r\n",
        "sheet-truncated",
    ),
    "chunks and a length": (
        f"{CSV}Content-Length: 5\r\n{CHUNKED}5\r\na,b\r\n\r\n0\r\n\r\n".encode(),
        "sheet-truncated",
    ),
    "another protocol": (b"SSH-2.0-OpenSSH_9.7\r\n", "sheet-truncated"),
    "headers without end": (CSV.encode() + b"X: y\r\n" * 100_000, "sheet-truncated"),
    "a header of a megabyte": (CSV.encode() + b"X: " + b"y" * 2**20, "sheet-truncated"),
    "half a head": (CSV.encode(), "network"),
    "nothing": (b"", "network"),
}


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[tuple[str, Callable[[], int]]]:
    """A server that gives these bytes whatever it is asked, and hangs up; yields its origin, and
    how many have asked."""
    asked = 0

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        with suppress(ConnectionError):  # the reader has had enough
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", lambda: asked


async def read(origin: str) -> bytes:
    async with Http(exempt_origins=[origin], retry_base_s=BACKOFF_S) as http:
        return (await read_sheet(http, SheetRef("demo"), origin)).body


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_that_may_lack_something_is_refused_whole(name: str) -> None:
    answer, code = ANSWERS[name]
    async with answering(answer) as (origin, asked):
        with pytest.raises(errors.SyncError) as caught:
            await read(origin)
        assert caught.value.code == code
        assert caught.value.__context__ is None
        assert asked() == 3


@pytest.mark.parametrize(
    "head",
    [
        f"Content-Length: {len(BODY)}\r\n\r\n",
        f"{CHUNKED}{len(BODY):x}\r\n",
    ],
)
async def test_the_same_bytes_said_right_are_the_sheet(head: str) -> None:
    end = b"\r\n0\r\n\r\n" if "chunked" in head else b""
    async with answering((CSV + head).encode() + BODY + end) as (origin, _):
        assert await read(origin) == BODY
