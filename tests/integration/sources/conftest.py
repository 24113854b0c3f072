"""The upstream, and clients that talk to it without long waits."""

from collections.abc import AsyncIterator

import pytest

from albums.sources.http import MIB, Http, Limits
from albums.sources.limiter import Limiter
from albums.sources.settings import SourceSettings
from albums.sources.spotify import SpotifyClient

from .upstream import CLIENT_ID, CLIENT_SECRET, Upstream

BACKOFF_S = 0.001
PATIENT = Limits(5, 10, 20, 5 * MIB, 20 * MIB)


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    upstream = Upstream()
    async with upstream.server:
        yield upstream


@pytest.fixture
def settings(upstream: Upstream) -> SourceSettings:
    return SourceSettings(
        sheets_origin=upstream.origin,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        api_url=f"{upstream.origin}/v1",
        token_url=f"{upstream.origin}/api/token",
        calls_per_30s=10_000,
        retry_base_s=BACKOFF_S,
    )


@pytest.fixture
async def http(settings: SourceSettings) -> AsyncIterator[Http]:
    async with Http.for_settings(settings) as http:
        yield http


@pytest.fixture
def limiter(settings: SourceSettings) -> Limiter:
    return Limiter(settings.calls_per_30s)


@pytest.fixture
async def client(
    http: Http, settings: SourceSettings, limiter: Limiter
) -> AsyncIterator[SpotifyClient]:
    client = SpotifyClient(http, settings, limiter)
    yield client
    await client.close()
