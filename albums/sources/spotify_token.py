"""The access token of Spotify's client credentials flow.

https://developer.spotify.com/documentation/web-api/tutorials/client-credentials-flow
"""

import asyncio
import base64
from dataclasses import dataclass, field

from pydantic import ValidationError

from .errors import (
    MustWait,
    NetworkError,
    SpotifyCredentials,
    SpotifyForbidden,
    SpotifyTokenBad,
    SpotifyTokenDown,
)
from .http import AddressRefused, Answer, AnswerTooLarge, Http, TransportError
from .retry_after import retry_after
from .settings import SHORT_WAIT_S, SourceSettings
from .spotify_models import TokenAnswer, error_text

RENEWED_EARLY_S = 60
SHORTEST_LIFE_S = 5  # a token that is said to live shorter is still used for so long


@dataclass(frozen=True)
class Token:
    """`good_until` is on the event loop's clock, `RENEWED_EARLY_S` before the real end."""

    value: str = field(repr=False)
    good_until: float


class TokenSource:
    """Holds one token and renews it once, however many callers find it expired together."""

    def __init__(self, http: Http, settings: SourceSettings) -> None:
        self._http = http
        self._settings = settings
        self._token: Token | None = None
        self._renewal: asyncio.Task[Token] | None = None
        self._waiting = 0  # for it
        self._failure: tuple[Token, BaseException] | None = None

    def require_credentials(self) -> None:
        """Raise SpotifyCredentials where the settings hold none. Calls nobody."""
        if not (self._settings.client_id.strip() and self._settings.client_secret.strip()):
            raise SpotifyCredentials()

    def held(self, refused: Token | None = None) -> Token | None:
        """Return the token that is at hand, if it is good and not `refused`, the one that was just
        answered with a 401."""
        token = self._token
        now = asyncio.get_running_loop().time()
        return token if token and token is not refused and token.good_until > now else None

    async def token(self, refused: Token | None = None, *, patient: bool = True) -> Token:
        """Return a good token, never `refused`; a new one where none is held. With
        `patient=False` it is asked for once, and not up to three times.

        Raises SpotifyCredentials, SpotifyForbidden, SpotifyTokenDown, SpotifyTokenBad,
        NetworkError, or MustWait.
        """
        self.require_credentials()
        if held := self.held(refused):
            return held
        if self._failure is not None and self._failure[0] is refused:
            raise self._failure[1]  # others with the same token have asked already
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew(patient))
            self._renewal.add_done_callback(self._renewed)
        self._waiting += 1
        try:
            # Shielded: a caller that is cancelled must not take the token from the others.
            return await asyncio.shield(self._renewal)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._give_up()

    async def close(self) -> None:
        """End a renewal that nobody waits for any more."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait([self._renewal])

    def _give_up(self) -> None:
        """A sync that was cancelled may have left a request without an answer behind, for which the
        next one would wait."""
        renewal = self._renewal
        if renewal is not None and not renewal.done():
            self._renewal = None
            renewal.cancel()

    def _renewed(self, task: asyncio.Task[Token]) -> None:
        if task is not self._renewal:
            return  # given up
        old, self._renewal, self._token = self._token, None, None
        if task.cancelled():
            return
        failure = task.exception()
        if failure is None:
            self._token = task.result()
        elif old is not None and not isinstance(failure, SpotifyTokenDown):
            self._failure = (old, failure)

    async def _renew(self, patient: bool) -> Token:
        failure: Exception
        try:
            answer = await (self._http.retrying(self._ask) if patient else self._ask())
            return _read(answer)
        except (AnswerTooLarge, AddressRefused):
            failure = SpotifyTokenBad()
        except TransportError as error:
            failure = NetworkError(service="Spotify", problem=str(error))
        raise failure

    async def _ask(self) -> Answer:
        pair = f"{self._settings.client_id.strip()}:{self._settings.client_secret.strip()}"
        basic = base64.b64encode(pair.encode()).decode()
        return await self._http.once(
            "POST",
            self._settings.token_url,
            self._http.spotify_limits,
            headers={"Authorization": f"Basic {basic}"},
            data={"grant_type": "client_credentials"},
            service="spotify-accounts",
        )


def _read(answer: Answer) -> Token:
    status = answer.status
    if status in (400, 401):
        raise SpotifyCredentials()
    if status == 403:
        raise SpotifyForbidden(text=error_text(answer.body))
    if status == 429:
        wait_s = retry_after(answer.headers.get("Retry-After"), default_s=SHORT_WAIT_S)
        raise MustWait("spotify", max(wait_s, SHORT_WAIT_S), "rate-limit")
    if status >= 500:
        raise SpotifyTokenDown(status=status)
    try:
        read = TokenAnswer.model_validate_json(answer.body) if status == 200 else None
    except ValidationError:
        read = None
    # A header cannot carry anything else, and a stranger's line end would forge another header.
    if read is None or not (read.access_token.isascii() and read.access_token.isprintable()):
        raise SpotifyTokenBad()
    life_s = max(min(read.expires_in, 24 * 3600) - RENEWED_EARLY_S, SHORTEST_LIFE_S)
    return Token(read.access_token, asyncio.get_running_loop().time() + life_s)
