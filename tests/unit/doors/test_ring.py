"""Whether the channel layer takes messages, asked by whoever wants to know if all is ready."""

import pytest

from syncengine import fanout


def test_however_many_ask_everybody_is_rung_at_most_once_in_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rings = 0
    takes = True

    async def ring() -> bool:
        nonlocal rings
        rings += 1
        return takes

    monkeypatch.setattr(fanout, "ring", ring)
    monkeypatch.setattr(fanout, "_tried_at", -float("inf"))
    monkeypatch.setattr(fanout, "_took", False)
    monkeypatch.setattr(fanout, "TRIES_APART_S", float("inf"))
    assert fanout.takes_messages()  # the first one tries
    takes = False
    assert [fanout.takes_messages() for _ in range(5)] == [True] * 5
    assert rings == 1
    monkeypatch.setattr(fanout, "TRIES_APART_S", 0.0)
    assert not fanout.takes_messages()
    assert rings == 2
