"""Every single try of a call is told once, however it ends."""

import asyncio
from contextlib import suppress

import pytest

from albums.sources.http import CUT_OFF, SPOTIFY_LIMITS, Http, NoAnswer, TransportError, within
from tests.backends import free_port


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes a request, and answers half of a head at most."""
    with suppress(asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await reader.read()
    writer.close()


async def test_a_call_that_nobody_waits_for_any_more_is_told_as_cut_off() -> None:
    told: list[tuple[str, str]] = []
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Http(exempt_origins=[origin], told=lambda *call: told.append(call)) as http:
            with pytest.raises(NoAnswer):
                await within(0.2, http.once("GET", origin, SPOTIFY_LIMITS, service="spotify"))
            assert told == [("spotify", CUT_OFF)]
            stopped = asyncio.create_task(
                http.once("GET", origin, SPOTIFY_LIMITS, service="google")
            )
            await asyncio.sleep(0.2)
            stopped.cancel()
            with suppress(asyncio.CancelledError):
                await stopped
    assert told == [("spotify", CUT_OFF), ("google", CUT_OFF)]


async def test_a_call_that_reaches_nobody_is_told_as_that() -> None:
    told: list[tuple[str, str]] = []
    origin = f"http://127.0.0.1:{free_port()}"
    async with Http(exempt_origins=[origin], told=lambda *call: told.append(call)) as http:
        with pytest.raises(TransportError):
            await http.once("GET", origin, SPOTIFY_LIMITS, service="spotify")
    assert told == [("spotify", "no-connection")]
