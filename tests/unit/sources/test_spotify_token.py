"""A token is used until shortly before its end, and never shown."""

import asyncio

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from albums.sources.http import Answer
from albums.sources.spotify_token import Token, _read
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
