"""From a row to an album as Spotify has it."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from .budget import Budget
from .editions import read_title, sides
from .enriched import MAX_TRACKS_BYTES, Enriched, make_enriched, within_bytes
from .errors import (
    AlbumBadAnswer,
    AlbumError,
    AlbumIdInvalid,
    AlbumNotFound,
    AlbumTakenDown,
    AlbumUnavailable,
)
from .http import Answer, Http
from .limiter import Limiter
from .matching import Found, Match, best, first_artist
from .settings import SourceSettings
from .sheet_rows import Row
from .spotify_api import SpotifyApi, refusal
from .spotify_id import ALBUM_ID
from .spotify_models import (
    Album,
    AlbumsAnswer,
    FoundAlbum,
    SearchAnswer,
    Track,
    TracksPage,
)

SEARCH_LIMIT = 10  # more is a 400 for development-mode apps, not fewer results
BATCH_IDS = 20
TRACKS_PAGE = 50
MAX_TRACKS_PAGES = 20  # 24 KiB hold about 400 tracks, so an honest answer needs fewer
PREFETCHED_FOR_S = 600.0  # what a batch brought is used within this time or not at all
MAX_QUERY_CHARS = 200

__all__ = ["MAX_TRACKS_BYTES", "Enriched", "SpotifyClient", "queries"]

M = TypeVar("M", bound=BaseModel)


class SpotifyClient:
    """Everything that is asked of Spotify. One per process: it remembers what it has learnt."""

    def __init__(
        self,
        http: Http,
        settings: SourceSettings,
        limiter: Limiter,
        budget: Budget | None = None,
    ) -> None:
        self._budget = budget or Budget()
        self._api = SpotifyApi(http, settings, limiter, self._budget)
        self._image_origins = settings.image_origins
        self._batch_refused = False
        self._batch_worked = False
        self._batch_lock = asyncio.Lock()
        self._prefetched: dict[str, tuple[float, Album | None]] = {}

    async def enrich(self, row: Row, known_id: str | None = None) -> Enriched:
        """Return the album of `row`. The one call that a sync makes for a row.

        The sheet's id wins; then `known_id`, which an earlier sync chose; then the search, at
        most two calls. Where Spotify no longer has the known one, the search finds another.

        Raises the row's own problem, an AlbumError, a SyncError, or MustWait.
        """
        if row.problem is not None:
            raise row.problem
        async with self._budget.album():
            return await self._looked_up(row, known_id)

    async def _looked_up(self, row: Row, known_id: str | None) -> Enriched:
        if row.spotify_id is not None:
            return await self._enriched(row, row.spotify_id)
        if known_id is not None:
            try:
                return await self._enriched(row, known_id)
            except (AlbumNotFound, AlbumIdInvalid, AlbumTakenDown):
                pass
        match, query = await self._find(row)
        return await self._enriched(row, match.found.id, match.score, query)

    async def prefetch(self, ids: Sequence[str]) -> None:
        """Fetch albums that `enrich` is about to ask for, 20 a call, where the app may.

        Only apps with extended quota have the batch call. A development-mode app is answered
        403; that is learnt from one call and never tried again in this process. Returns
        quietly then, and on any other trouble that `enrich` will meet anyway.

        Raises NetworkError, SpotifyCredentials and the token's other errors, and MustWait where
        an earlier call was told to wait.
        """
        wanted = [one for one in dict.fromkeys(ids) if ALBUM_ID.fullmatch(one)]
        async with self._batch_lock:
            self._forget_old()
            wanted = [one for one in wanted if one not in self._prefetched]
            for start in range(0, len(wanted), BATCH_IDS):
                chunk = wanted[start : start + BATCH_IDS]
                if self._batch_refused or len(chunk) < 2 or not await self._fetch_batch(chunk):
                    return

    async def album(self, album_id: str) -> Album:
        """Return one album with the first page of its tracks.

        Raises AlbumIdInvalid, AlbumNotFound, AlbumTakenDown, AlbumUnavailable, AlbumBadAnswer,
        a SyncError, or MustWait.
        Reference: https://developer.spotify.com/documentation/web-api/reference/get-an-album
        """
        if not ALBUM_ID.fullmatch(album_id):
            raise AlbumIdInvalid(id=album_id)
        self._forget_old()
        if album_id in self._prefetched:
            album = self._prefetched.pop(album_id)[1]
            if album is None:
                raise AlbumNotFound(id=album_id)
        else:
            album = await self._get(f"/albums/{album_id}", {}, Album, album_id)
        if not album.name:
            raise AlbumTakenDown(id=album_id)
        return album

    async def search(self, query: str) -> list[Found]:
        """Return at most ten albums for `query`, Spotify's order.

        Raises AlbumUnavailable, AlbumBadAnswer, a SyncError, or MustWait.
        Reference: https://developer.spotify.com/documentation/web-api/reference/search
        """
        parameters = {"q": query, "type": "album", "limit": str(SEARCH_LIMIT)}
        answer = await self._get("/search", parameters, SearchAnswer)
        return [
            _found(album)
            for album in answer.albums.items
            if album and album.name and ALBUM_ID.fullmatch(album.id)
        ]

    async def tracks(self, album_id: str, first: TracksPage) -> list[Track]:
        """Return an album's tracks from its first page on, as many as fit MAX_TRACKS_BYTES.

        Raises what `album` raises.
        Reference: https://developer.spotify.com/documentation/web-api/reference/get-an-albums-tracks
        """
        page, tracks, offset = first, list[Track](), 0
        for _ in range(MAX_TRACKS_PAGES):
            tracks += [item.stored() for item in page.items if item]
            offset += len(page.items)
            fitting = within_bytes(tracks, MAX_TRACKS_BYTES)
            if not page.next or not page.items or len(fitting) < len(tracks):
                return fitting
            # The address in `next` is a stranger's word: ours is built from what we know.
            parameters = {"limit": str(TRACKS_PAGE), "offset": str(offset)}
            page = await self._get(f"/albums/{album_id}/tracks", parameters, TracksPage, album_id)
        return within_bytes(tracks, MAX_TRACKS_BYTES)

    def require_credentials(self) -> None:
        """Raise SpotifyCredentials where the settings hold none. Calls nobody."""
        self._api.tokens.require_credentials()

    def begin(self, *, after_a_wait: bool) -> None:
        """Begin a sync; `after_a_wait`: go on with one, whose stored time to wait has come."""
        self._api.begin(after_a_wait=after_a_wait)

    async def close(self) -> None:
        """End what still runs for nobody. Call it before the Http is closed."""
        await self._api.tokens.close()

    async def _find(self, row: Row) -> tuple[Match, str]:
        """Search until a result is certain; what all searches found is judged together."""
        found: list[Found] = []
        failure: AlbumError | None = None
        for query in queries(row):
            found += await self.search(query)
            try:
                return best(row, found), query
            except AlbumError as error:
                failure = error
        raise failure or AlbumError()

    async def _enriched(
        self, row: Row, album_id: str, score: int | None = None, query: str = ""
    ) -> Enriched:
        album = await self.album(album_id)
        tracks = await self.tracks(album_id, album.tracks)
        return make_enriched(row, album_id, album, tracks, self._image_origins, score, query)

    async def _fetch_batch(self, ids: list[str]) -> bool:
        """Fetch one batch. False where the rest is better left to single calls."""
        try:
            answer = await self._api.get("/albums", {"ids": ",".join(ids)}, patient=False)
            read = _parse(answer, AlbumsAnswer) if answer.status == 200 else None
        except (AlbumUnavailable, AlbumBadAnswer):
            return False
        if read is None:
            # A removed endpoint has been seen to answer 429 as well.
            if answer.status != 429 or not self._batch_worked:
                self._batch_refused = True
            return False
        self._batch_worked = True
        now = asyncio.get_running_loop().time()
        if len(read.albums) == len(ids):
            for album_id, entry in zip(ids, read.albums, strict=True):
                with suppress(ValidationError):  # then a single call will tell what is wrong
                    album = None if entry is None else Album.model_validate(entry)
                    self._prefetched[album_id] = (now, album)
        return True

    def _forget_old(self) -> None:
        limit = asyncio.get_running_loop().time() - PREFETCHED_FOR_S
        for album_id in [one for one, (at, _) in self._prefetched.items() if at < limit]:
            del self._prefetched[album_id]

    async def _get(
        self, path: str, query: Mapping[str, str], model: type[M], album_id: str = ""
    ) -> M:
        answer = await self._api.get(path, query, model)
        if answer.status == 404 and album_id:
            raise AlbumNotFound(id=album_id)
        if answer.status == 400 and album_id:
            raise AlbumIdInvalid(id=album_id)
        if answer.status != 200:
            raise refusal(answer)
        return _parse(answer, model)


def _parse(answer: Answer, model: type[M]) -> M:
    try:
        return model.model_validate_json(answer.body)
    except ValidationError:
        pass
    raise AlbumBadAnswer(text="it does not have the documented form.")


def _found(album: FoundAlbum) -> Found:
    return Found(album.id, album.name, album.artist_names, album.year, album.album_type)


def queries(row: Row) -> list[str]:
    """Return the searches for a row, the narrow one first.

    Quotes, apostrophes and colons in `album:` and `artist:` make Spotify find nothing
    (https://github.com/spotify/web-api/issues/1041), and so do edition words that the album
    does not have. The second search has no filters, and a bilingual title's other side.
    """
    names = sides(row.title)
    title, other = names[min(1, len(names) - 1)], names[-1]
    narrow = f"album:{_plain(title)} artist:{_plain(first_artist(row.artist))}"
    wide = f"{_plain(row.artist)} {_plain(other)}"
    return [query[:MAX_QUERY_CHARS].strip() for query in (narrow, wide)]


def _plain(name: str) -> str:
    core = read_title(name).core
    return core[: MAX_QUERY_CHARS // 2]
