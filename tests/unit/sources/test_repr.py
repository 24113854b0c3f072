"""Whatever prints an object of ours, a traceback or a debugger, prints no secret with it."""

import asyncio
import traceback

import pytest

from albums.sources.connect import connected
from albums.sources.errors import NetworkError
from albums.sources.http import CannotConnect
from albums.sources.settings import SourceSettings
from albums.sources.spotify_token import Token
from tests.backends import free_port

SECRET = "canary-of-the-app"


def test_objects_that_know_one() -> None:
    settings = SourceSettings(client_id="app", client_secret=SECRET)
    assert SECRET not in repr(settings)
    assert SECRET not in repr(Token(SECRET, 0.0))

    async def opened() -> str:
        async with connected(settings) as sources:
            return f"{sources!r}{sources.spotify!r}{sources.http!r}{vars(sources)!r}"

    assert SECRET not in asyncio.run(opened())


def test_errors_of_requests_that_carried_one() -> None:
    """aiohttp's own errors hold the request with its headers, so none may be in their chain."""
    nobody = f"http://127.0.0.1:{free_port()}"
    settings = SourceSettings(
        client_id="app", client_secret=SECRET, token_url=nobody, retry_base_s=0.001
    )

    async def refused() -> None:
        async with connected(settings) as sources:
            headers = {"Authorization": f"Bearer {SECRET}"}
            with pytest.raises(CannotConnect) as transport:
                limits = sources.http.spotify_limits
                await sources.http.once("GET", nobody, limits, headers=headers)
            holds_none(transport.value)
            with pytest.raises(NetworkError) as network:
                await sources.spotify.enrich(row(), None)
            holds_none(network.value)

    asyncio.run(refused())


def row() -> object:
    from albums.sources.sheet_rows import parse

    return parse(b"Artist,Album,Spotify\r\nJoni Mitchell,Blue,7KLBS95TyYnZFtLcbVwJWY\r\n")[0]


def holds_none(error: BaseException) -> None:
    """Neither it, nor what it came from, nor the requests that these hold."""
    chain, seen = [error], set[int]()
    while chain:
        one = chain.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        assert SECRET not in f"{one!r}{vars(one)!r}"
        assert "Authorization" not in f"{vars(one)!r}"
        chain += [other for other in (one.__cause__, one.__context__) if other is not None]
    assert SECRET not in "".join(traceback.format_exception(error))
