"""A token is used until shortly before its end, and never shown."""

import asyncio
from typing import Any, cast

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from albums.sources.http import Answer, Http
from albums.sources.settings import SourceSettings
from albums.sources.spotify_token import Token, TokenSource, _read
from tests.virtual_time import run


def token_for(expires_in: str) -> tuple[Token, float]:
    async def work() -> tuple[Token, float]:
        body = f'{{"access_token": "canary", "expires_in": {expires_in}}}'.encode()
        token = _read(Answer(200, CIMultiDictProxy(CIMultiDict()), body))
        return token, token.good_until - asyncio.get_running_loop().time()

    return run(work())


@pytest.mark.parametrize(
    ("expires_in", "life_s"),
    [("3600", 3540), ("60", 5), ("-1", 5), ('"soon"', 3540), ("1e300", 3540), ("9999999", 86_340)],
)
def test_a_token_is_renewed_a_minute_early(expires_in: str, life_s: int) -> None:
    assert token_for(expires_in)[1] == pytest.approx(life_s, abs=0.01)


def test_a_token_is_not_shown() -> None:
    assert "canary" not in repr(token_for("3600")[0])


class Silent:
    """Answers no request but the second, and those after it."""

    spotify_limits = None
    asked = 0

    async def retrying(self, attempt: Any) -> Answer:
        answer: Answer = await attempt()
        return answer

    async def once(self, *args: Any, **kwargs: Any) -> Answer:
        self.asked += 1
        if self.asked == 1:
            await asyncio.Event().wait()
        body = b'{"access_token": "canary", "expires_in": 3600}'
        return Answer(200, CIMultiDictProxy(CIMultiDict()), body)


def test_a_request_without_an_answer_is_given_up_with_the_last_who_waits_for_it() -> None:
    async def work() -> None:
        http = Silent()
        settings = SourceSettings(client_id="id", client_secret="secret")
        source = TokenSource(cast(Http, http), settings)
        first, second = (asyncio.create_task(source.token()) for _ in range(2))
        await asyncio.sleep(1)
        first.cancel()
        await asyncio.sleep(1)
        assert not second.done()  # it still waits for the one request
        assert http.asked == 1
        second.cancel()
        await asyncio.sleep(0)
        assert (await source.token()).value == "canary"
        assert http.asked == 2
        await source.close()

    run(work())
