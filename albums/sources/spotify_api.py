"""One call to Spotify's Web API, with all the patience that it needs and no more."""

import asyncio
import math
from collections.abc import Mapping

from pydantic import BaseModel, ValidationError
from yarl import URL

from .budget import Budget
from .circuit import Circuit
from .errors import (
    AlbumBadAnswer,
    AlbumUnavailable,
    MustWait,
    NetworkError,
    Reason,
    SourceError,
    SpotifyCredentials,
    SpotifyForbidden,
    SpotifyPremium,
    SpotifyTokenDown,
)
from .http import (
    Answer,
    AnswerTooLarge,
    CannotConnect,
    Http,
    NoAnswer,
    TransportError,
    Truncated,
    Unreadable,
)
from .limiter import Call, Limiter
from .retry_after import retry_after
from .settings import SHORT_WAIT_S, SourceSettings
from .spotify_models import error_text
from .spotify_token import Token, TokenSource

MAX_REFUSALS = 3  # by the rate limit, of one call
QUOTA_WAIT_S = 3_600  # where a used-up quota does not say how long
QUOTA_MARK = b"QUOTA_EXCEEDED"
# A call that gets no answer, while others had one within this time, is about its album; without
# any other answer nothing can be reached. Longer than three tries that each time out.
REACHABLE_FOR_S = 120.0


class SpotifyApi:
    """Sends calls: token, limiter, budget, retries, circuit, and a memory of how long Spotify wants
    peace."""

    def __init__(
        self, http: Http, settings: SourceSettings, limiter: Limiter, budget: Budget
    ) -> None:
        self._http = http
        self._settings = settings
        self._limiter = limiter
        self._budget = budget
        self._circuit = Circuit(limiter.gate, settings.probe_every_s)
        self.tokens = TokenSource(http, settings)
        self._blocked_until = 0.0
        self._blocked_reason: Reason = "rate-limit"
        self._answered_at: float | None = None
        self._was_reached = False  # by this sync: then what cannot be reached now is a gap
        self._answers = 0
        self._parked_by: dict[URL, int] = {}  # how many answers there had been then

    async def get(
        self,
        path: str,
        query: Mapping[str, str],
        model: type[BaseModel] | None = None,
        *,
        patient: bool = True,
    ) -> Answer:
        """Return the answer to `GET {api_url}{path}`, with any status but 401 and 5xx, and with
        200 only where it has the form of `model`.

        A rate limit of at most SHORT_WAIT_S is waited out, up to three times, a longer one and
        a used-up quota raise MustWait, and so does every later call until that time is over.
        With `patient=False` a 429 is returned like any other answer, after the limiter has
        learnt of it.

        An outage of Spotify's is waited out, a call now and then (see `circuit`), and so is a gap
        in the network between calls that were answered, for a quarter of an hour.

        Raises NetworkError, SpotifyCredentials and the token's other errors, MustWait,
        AlbumUnavailable for 5xx after the retries and for what is refused again and again while
        other calls are answered, AlbumBadAnswer for an answer that is incomplete, too large or of
        another form.
        """
        if self._settings.market:
            query = {**query, "market": self._settings.market}
        url = URL(self._settings.api_url.rstrip("/") + path).with_query(query)
        refused: Token | None = None
        refusals = 0
        while True:
            self._check_blocked()
            token = await self._token(refused)
            answer, call = await self._tries(url, token, model)
            if answer.status == 401:
                if refused is not None:
                    raise SpotifyCredentials()
                refused = token
                continue
            if answer.status >= 500:
                raise AlbumUnavailable(problem=f"HTTP {answer.status}")
            if answer.status != 429:
                self._answers += 1
                self._parked_by.pop(url, None)
                return answer
            refusals += 1
            if patient and refusals == MAX_REFUSALS and self._is_stubborn(url):
                raise AlbumUnavailable(problem="HTTP 429")
            await self._heed(answer, call, last=refusals == MAX_REFUSALS, patient=patient)
            if not patient:
                return answer

    def begin(self, *, after_a_wait: bool) -> None:
        """Begin a sync: what cannot be reached at all by it is told at once.

        After a wait that Spotify asked for call again, at first once: the time that was stored for
        it has come. It is kept on the clock of the wall, and ours stands still while a machine
        sleeps.
        """
        self._was_reached = after_a_wait
        if after_a_wait:
            self._blocked_until = 0.0
            self._limiter.gate.scout_first()

    async def _token(self, refused: Token | None) -> Token:
        """Return a token; an outage of the service that gives them out is waited out."""
        while True:
            if held := self.tokens.held(refused):
                return held
            scouts = await self._limiter.gate.passed()
            try:
                token = await self.tokens.token(refused, patient=not scouts)
                self._was_reached = True
                return token
            except SpotifyTokenDown:
                await self._circuit.down(scouts)
            except NetworkError:
                if not self._sits_out_a_gap(scouts):
                    raise
                await self._circuit.down(scouts)
            except MustWait as wait:
                self._block(wait)  # else each caller that comes later would ask again
                raise
            finally:
                if scouts:
                    self._limiter.gate.settled()

    async def _tries(
        self, url: URL, token: Token, model: type[BaseModel] | None
    ) -> tuple[Answer, Call]:
        """Make a call until it is answered, and a gap in the network is over."""
        calls: list[Call] = []

        async def attempt() -> Answer:
            async with self._limiter.call() as call:
                self._check_blocked()
                await self._budget.take()
                calls.append(call)
                answer = await self._once(url, token, call)
            if answer.status == 200:
                # Whoever waits for the place calls before this answer is read; but a refusal has
                # to stop them first.
                await asyncio.sleep(0)
            self._answered_at, self._was_reached = self._now(), True
            if model is not None and answer.status == 200 and not _has_form(model, answer):
                raise Unreadable("Not of the documented form")
            return answer

        failure: SourceError
        try:
            while True:
                try:
                    return await self._http.retrying(attempt), calls[-1]
                except CannotConnect:
                    if not self._was_reached:
                        raise
        except NoAnswer as error:
            reachable = self._answered_at is not None and (
                self._answered_at > self._now() - REACHABLE_FOR_S
            )
            failure = AlbumUnavailable(problem=str(error)) if reachable else _unreachable(error)
        except Truncated:
            failure = AlbumBadAnswer(text="it arrived incomplete.")
        except AnswerTooLarge:
            failure = AlbumBadAnswer(text="it is too large.")
        except Unreadable:
            failure = AlbumBadAnswer(text="it does not have the documented form.")
        except TransportError as error:
            failure = _unreachable(error)
        raise failure

    async def _once(self, url: URL, token: Token, call: Call) -> Answer:
        """Make one call, and tell the circuit how it went."""
        authorization = {"Authorization": f"Bearer {token.value}"}
        limits = self._http.spotify_limits
        try:
            answer = await self._http.once(
                "GET", url, limits, headers=authorization, service="spotify"
            )
        except CannotConnect as error:
            if self._was_reached and not self._sits_out_a_gap(call.scouts):
                raise _unreachable(error) from None
            if self._was_reached or call.scouts:
                await self._circuit.down(call.scouts)
            raise
        except TransportError:
            if call.scouts:  # what found no outage may still not say that one is over
                await self._circuit.broken(call, str(url))
            raise
        if answer.status >= 500:
            await self._circuit.broken(call, str(url))
        elif answer.status != 429:
            await self._circuit.answered(call)
        return answer

    def _is_stubborn(self, url: URL) -> bool:
        """Whether a call that is refused once more has made us wait for a time already, and others
        have been answered since: then it is about its album, and another wait would not help."""
        if self._answers > self._parked_by.get(url, self._answers):
            return True
        self._parked_by[url] = self._answers
        return False

    def _sits_out_a_gap(self, scouts: bool) -> bool:
        """Whether it is worth looking again, after a call that could not be made."""
        return self._was_reached and not (scouts and self._circuit.is_exhausted)

    async def _heed(self, answer: Answer, call: Call, *, last: bool, patient: bool) -> None:
        """Learn from a 429; raise MustWait where it is not to be waited out."""
        header = answer.headers.get("Retry-After")
        if QUOTA_MARK in answer.body:
            if patient:
                wait_s = retry_after(header, default_s=QUOTA_WAIT_S)
                raise self._block(MustWait("spotify", max(wait_s, SHORT_WAIT_S), "quota"))
            return
        wait_s = retry_after(header, default_s=max(1, round(self._limiter.window_s)))
        if wait_s > SHORT_WAIT_S or (last and patient):
            if patient:
                raise self._block(MustWait("spotify", max(wait_s, SHORT_WAIT_S), "rate-limit"))
            return
        await self._limiter.refused(call, wait_s)

    def _block(self, wait: MustWait) -> MustWait:
        """Make no call until then; returns `wait`, to be raised."""
        self._blocked_until = self._now() + wait.until_seconds
        self._blocked_reason = wait.reason
        return wait

    def _check_blocked(self) -> None:
        left_s = self._blocked_until - self._now()
        if left_s > 0:
            raise MustWait("spotify", math.ceil(left_s), self._blocked_reason)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _unreachable(error: TransportError) -> NetworkError:
    return NetworkError(service="Spotify", problem=str(error))


def _has_form(model: type[BaseModel], answer: Answer) -> bool:
    try:
        model.model_validate_json(answer.body)
    except ValidationError:
        return False
    return True


def refusal(answer: Answer) -> SourceError:
    """Return the error that an answer other than 200 means where no album is to blame."""
    text = error_text(answer.body)
    if answer.status == 403:
        return (
            SpotifyPremium(text=text) if "premium" in text.lower() else SpotifyForbidden(text=text)
        )
    return AlbumBadAnswer(text=f"HTTP {answer.status}, {text}")
