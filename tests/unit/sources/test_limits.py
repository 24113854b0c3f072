"""The limits of what strangers may send: each is taken at its value and refused one beyond it.

Those of bytes, on the wire and unpacked, are in `test_inflate`; the times are tried in
`tests/faults/`.
"""

import pytest

from albums.sources import http, sheet_rows
from albums.sources.errors import SheetError, SheetTooLarge
from albums.sources.sheet_rows import Row, parse

MIB = 1024 * 1024
HEADER = b"Artist,Album,Notes\r\n"


def sheet(*rows: bytes) -> list[Row]:
    return parse(HEADER + b"\r\n".join(rows))


def test_they_are_what_was_promised() -> None:
    limits = http.SHEET_LIMITS
    assert (limits.connect_s, limits.read_s, limits.total_s) == (5, 10, 60)
    assert (limits.wire_bytes, limits.body_bytes) == (5 * MIB, 20 * MIB)
    assert (http.SPOTIFY_LIMITS.connect_s, http.SPOTIFY_LIMITS.read_s) == (5, 10)
    assert http.SPOTIFY_LIMITS.total_s <= 60
    assert http.SPOTIFY_LIMITS.wire_bytes == http.SPOTIFY_LIMITS.body_bytes == 5 * MIB
    assert http.MAX_TRIES == 3
    assert sheet_rows.MAX_ROWS == 50_000
    assert sheet_rows.MAX_COLUMNS == 200
    assert sheet_rows.MAX_CELL_CHARS == 10_000


def test_rows() -> None:
    most = [b"a,b"] * 50_000
    with pytest.raises(SheetTooLarge, match="more than 50,000 rows"):
        sheet(*most)  # with its header one too many
    assert len(sheet(*most[1:])) == 49_999


def test_columns() -> None:
    assert sheet(b"a,b" + b",x" * 198)
    with pytest.raises(SheetTooLarge, match="row 2 has more than 200 columns"):
        sheet(b"a,b" + b",x" * 199)


def test_columns_that_are_empty_to_the_end_do_not_count() -> None:
    assert sheet(b"a,b" + b"," * (sheet_rows.MAX_GRID_COLUMNS - 2))
    with pytest.raises(SheetTooLarge, match="row 2 has more than 200 columns"):
        sheet(b"a,b" + b"," * (sheet_rows.MAX_GRID_COLUMNS - 1))


@pytest.mark.parametrize("sign", ["x", "é", "\U0001f600", '""', "\n"])
def test_characters_of_a_cell(sign: str) -> None:
    (row,) = sheet(f'a,b,"{sign * 10_000}"'.encode())
    assert row.title == "b"
    with pytest.raises(SheetTooLarge, match="row 2 has a cell of more than 10,000"):
        sheet(f'a,b,"{sign * 10_001}"'.encode())


@pytest.mark.parametrize("length", [131_072, 131_073, 204_800, 5 * MIB])
def test_a_cell_of_any_size_is_refused_with_its_row(length: int) -> None:
    with pytest.raises(SheetTooLarge, match="row 3 has"):
        sheet(b"a,b", b"c," + b"d" * length)


@pytest.mark.parametrize(
    "record", [b"," * (4 * MIB), b'"ab\n",' * MIB, b"a" * (4 * MIB)], ids=["wide", "tall", "long"]
)
def test_a_record_is_refused_before_its_cells_fill_the_memory(record: bytes) -> None:
    with pytest.raises(SheetTooLarge, match=r"row 3 has more than [0-9,]+ characters"):
        sheet(b"a,b", record)


def test_a_record_of_two_hundred_full_cells_is_taken() -> None:
    cell = b"x" * 10_000
    (row,) = sheet(b"a,b," + b",".join([cell] * 198))
    assert row.artist == "a"


def test_a_quotation_mark_that_is_never_closed_ends_in_an_error() -> None:
    with pytest.raises(SheetError):
        sheet(b'a,"b', *[b"c,d"] * 100_000)
