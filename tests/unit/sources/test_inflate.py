"""A packed body is unpacked up to its limits, and never beyond them."""

import gzip
import tracemalloc

import pytest

from albums.sources.inflate import MAX_MEMBERS, Body, Broken, TooLarge

MIB = 1024 * 1024
WIRE_BYTES, BODY_BYTES = 5 * MIB, 20 * MIB


def unpacked(*chunks: bytes, encoding: str = "gzip") -> bytes:
    body = Body(encoding, WIRE_BYTES, BODY_BYTES)
    for chunk in chunks:
        body.feed(chunk)
    return body.finish()


def test_a_body_of_exactly_its_limits_is_taken() -> None:
    assert len(unpacked(b"x" * WIRE_BYTES, encoding="")) == WIRE_BYTES
    assert len(unpacked(gzip.compress(b"x" * BODY_BYTES, 1))) == BODY_BYTES


def test_a_byte_more_is_too_large() -> None:
    with pytest.raises(TooLarge):
        unpacked(b"x" * WIRE_BYTES, b"x", encoding="")
    with pytest.raises(TooLarge):
        unpacked(gzip.compress(b"x" * (BODY_BYTES + 1), 1))


def test_a_bomb_is_cut_off_where_its_limit_is() -> None:
    bomb = gzip.compress(b"," * (200 * MIB), 1)
    tracemalloc.start()
    with pytest.raises(TooLarge):
        unpacked(bomb)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 2 * BODY_BYTES + MIB


def test_a_file_of_a_few_members_is_one_body() -> None:
    members = [gzip.compress(b"%d," % number) for number in range(MAX_MEMBERS)]
    whole = b"".join(members)
    wanted = b"".join(b"%d," % number for number in range(MAX_MEMBERS))
    assert unpacked(whole) == wanted
    assert unpacked(*(whole[at : at + 1] for at in range(len(whole)))) == wanted


def test_a_file_of_many_members_is_refused() -> None:
    with pytest.raises(Broken):
        unpacked(gzip.compress(b"") * (MAX_MEMBERS + 1))


@pytest.mark.parametrize("cut", [1, 8, 9, 15])
def test_a_packed_body_without_its_end_is_broken(cut: int) -> None:
    with pytest.raises(Broken):
        unpacked(gzip.compress(b"Artist,Album")[:-cut])


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "x"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(Broken):
        unpacked(b"x", encoding=encoding)
