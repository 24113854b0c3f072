"""The sources, opened together for as long as a worker lives."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from .budget import Budget
from .http import Http, Told, untold
from .limiter import Limiter
from .settings import SourceSettings
from .sheet import Sheet, read_sheet
from .sheet_url import parse_sheet_url
from .spotify import SpotifyClient


@dataclass(frozen=True)
class Sources:
    """Google and Spotify as a sync uses them. They remember what they learnt of limits."""

    settings: SourceSettings
    http: Http
    limiter: Limiter
    spotify: SpotifyClient

    async def sheet(self) -> Sheet:
        """Fetch the configured sheet; raises a SheetError, NetworkError or MustWait."""
        ref = parse_sheet_url(self.settings.sheet_url)
        return await read_sheet(self.http, ref, self.settings.sheets_origin)


@asynccontextmanager
async def connected(
    settings: SourceSettings, budget: Budget | None = None, told: Told = untold
) -> AsyncIterator[Sources]:
    """The sources until the block ends; without a `budget` of calls there is none. `told` hears of
    every call."""
    limiter = Limiter(settings.calls_per_30s)
    async with Http.for_settings(settings, told) as http:
        spotify = SpotifyClient(http, settings, limiter, budget)
        try:
            yield Sources(settings, http, limiter, spotify)
        finally:
            await spotify.close()
