"""One call to Spotify's Web API, with all the patience that it needs and no more."""

import asyncio
from collections.abc import Mapping

from yarl import URL

from .errors import (
    AlbumBadAnswer,
    AlbumUnavailable,
    MustWait,
    NetworkError,
    SourceError,
    SpotifyCredentials,
    SpotifyForbidden,
    SpotifyPremium,
)
from .http import (
    Answer,
    AnswerTooLarge,
    Http,
    NoAnswer,
    TransportError,
    Truncated,
)
from .limiter import Call, Limiter
from .retry_after import retry_after
from .settings import SHORT_WAIT_S, SourceSettings
from .spotify_models import error_text
from .spotify_token import Token, TokenSource

MAX_REFUSALS = 3  # by the rate limit, of one call
QUOTA_WAIT_S = 3_600  # where a used-up quota does not say how long
QUOTA_MARK = b"QUOTA_EXCEEDED"
EARLY_S = 1.0  # a sync that comes back this much too early by its own clock is let through
# A call that gets no answer, while others had one within this time, is about its album; without
# any other answer nothing can be reached. Longer than three tries that each time out.
REACHABLE_FOR_S = 120.0


class SpotifyApi:
    """Sends calls: token, limiter, retries, and a memory of how long Spotify wants peace."""

    def __init__(self, http: Http, settings: SourceSettings, limiter: Limiter) -> None:
        self._http = http
        self._settings = settings
        self._limiter = limiter
        self.tokens = TokenSource(http, settings)
        self._blocked_until = 0.0
        self._blocked_reason = MustWait("spotify", 0, "rate-limit").reason
        self._answered_at: float | None = None

    async def get(self, path: str, query: Mapping[str, str], *, patient: bool = True) -> Answer:
        """Return the answer to `GET {api_url}{path}`, with any status but 401 and 5xx.

        A rate limit of at most SHORT_WAIT_S is waited out, up to three times, a longer one and
        a used-up quota raise MustWait, and so does every later call until that time is over.
        With `patient=False` a 429 is returned like any other answer, after the limiter has
        learnt of it.

        Raises NetworkError, SpotifyCredentials and the token's other errors, MustWait,
        AlbumUnavailable for 5xx after the retries, AlbumBadAnswer for an answer that is
        incomplete or too large.
        """
        if self._settings.market:
            query = {**query, "market": self._settings.market}
        url = URL(self._settings.api_url.rstrip("/") + path).with_query(query)
        refused: Token | None = None
        refusals = 0
        while True:
            token = await self.tokens.token(refused)
            answer, call = await self._tries(url, token)
            if answer.status == 401:
                if refused is not None:
                    raise SpotifyCredentials()
                refused = token
                continue
            if answer.status >= 500:
                raise AlbumUnavailable(problem=f"HTTP {answer.status}")
            if answer.status != 429:
                return answer
            refusals += 1
            await self._heed(answer, call, last=refusals == MAX_REFUSALS, patient=patient)
            if not patient:
                return answer

    async def _tries(self, url: URL, token: Token) -> tuple[Answer, Call]:
        calls: list[Call] = []

        async def attempt() -> Answer:
            async with self._limiter.call() as call:
                self._check_blocked()
                calls.append(call)
                answer = await self._http.once(
                    "GET",
                    url,
                    self._http.spotify_limits,
                    headers={"Authorization": f"Bearer {token.value}"},
                )
            self._answered_at = self._now()
            return answer

        failure: SourceError
        self._check_blocked()
        try:
            return await self._http.retrying(attempt), calls[-1]
        except NoAnswer as error:
            reachable = self._answered_at is not None and (
                self._answered_at > self._now() - REACHABLE_FOR_S
            )
            failure = AlbumUnavailable(problem=str(error)) if reachable else _unreachable(error)
        except Truncated:
            failure = AlbumBadAnswer(text="it arrived incomplete.")
        except AnswerTooLarge:
            failure = AlbumBadAnswer(text="it is too large.")
        except TransportError as error:
            failure = _unreachable(error)
        raise failure

    async def _heed(self, answer: Answer, call: Call, *, last: bool, patient: bool) -> None:
        """Learn from a 429; raise MustWait where it is not to be waited out."""
        header = answer.headers.get("Retry-After")
        if QUOTA_MARK in answer.body:
            if patient:
                wait_s = retry_after(header, default_s=QUOTA_WAIT_S)
                raise self._block(max(wait_s, SHORT_WAIT_S), quota=True)
            return
        wait_s = retry_after(header, default_s=max(1, round(self._limiter.window_s)))
        if wait_s > SHORT_WAIT_S or (last and patient):
            if patient:
                raise self._block(max(wait_s, SHORT_WAIT_S), quota=False)
            return
        await self._limiter.refused(call, wait_s)

    def _block(self, wait_s: int, *, quota: bool) -> MustWait:
        self._blocked_until = self._now() + wait_s
        self._blocked_reason = "quota" if quota else "rate-limit"
        return MustWait("spotify", wait_s, self._blocked_reason)

    def _check_blocked(self) -> None:
        left_s = self._blocked_until - self._now()
        if left_s > EARLY_S:
            raise MustWait("spotify", round(left_s), self._blocked_reason)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _unreachable(error: TransportError) -> NetworkError:
    return NetworkError(service="Spotify", problem=str(error))


def refusal(answer: Answer) -> SourceError:
    """Return the error that an answer other than 200 means where no album is to blame."""
    text = error_text(answer.body)
    if answer.status == 403:
        return (
            SpotifyPremium(text=text) if "premium" in text.lower() else SpotifyForbidden(text=text)
        )
    return AlbumBadAnswer(text=f"HTTP {answer.status}, {text}")
