"""Whom the cookie of a socket belongs to."""

import pytest

from syncengine.visitors import visitor_of


@pytest.mark.parametrize("key", [None, "", "aaaaaaaaaa\0b", "a" * 5000, "%00", "é" * 32])
def test_a_cookie_that_holds_no_key_is_nobodys(database: str, key: str | None) -> None:
    assert visitor_of(key) is None
