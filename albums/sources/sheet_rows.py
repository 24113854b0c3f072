"""From the CSV of a sheet to rows. Pure: a resumed sync reads the stored bytes again."""

import codecs
import csv
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from .errors import (
    AlbumError,
    RowIncomplete,
    RowLinkLost,
    RowLinkUnsupported,
    RowTooLong,
    SheetBadCsv,
    SheetEmpty,
    SheetEncoding,
    SheetNoHeader,
    SheetTooLarge,
    SheetTruncated,
)
from .folding import fold
from .sheet_columns import HEADER_RECORDS, Columns, find_header
from .spotify_id import album_id, other_link
from .text import clean

MAX_ROWS = 50_000  # with anything in them
MAX_RECORDS = 1_000_000  # blank ones included
MAX_COLUMNS = 200
MAX_GRID_COLUMNS = 18_278  # the widest that Google has, empty ones included
MAX_CELL_CHARS = 10_000
MAX_RECORD_CHARS = MAX_COLUMNS * MAX_CELL_CHARS + MAX_GRID_COLUMNS
MAX_NAME_CHARS = 500  # of an artist or a title
MAX_GENRES = 20
MAX_GENRE_CHARS = 100
MAX_LABEL_CHARS = 200
CHUNK_BYTES = 64 * 1024  # decoded at a time

Record = tuple[int, list[str]]  # its number, as Google shows it, and its cells

# What Google shows for formulas that failed or have not finished.
FORMULA_ERRORS = frozenset(
    {"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#ERROR!", "Loading..."}
)
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Row:
    """One album as the sheet names it.

    `row` is the line that Google shows. `key` is the row's identity: `spotify:<id>`, else
    `name:<hash of artist, title, year>`, with `#2`, `#3` behind the second and third equal
    one. `problem` says why the row cannot be synced, None where it can.
    """

    row: int
    key: str
    artist: str
    title: str
    year: int | None
    genres: tuple[str, ...]
    label: str
    spotify_id: str | None
    problem: AlbumError | None = None


def parse(body: bytes) -> list[Row]:
    """Return the albums of a sheet, given as CSV in UTF-8 with or without a byte order mark.

    Blank rows, section rows (a single cell is filled and it holds no album's id), rows with
    nothing in a column that we know, and repeated headers are no albums and are left out.

    Raises SheetEncoding, SheetEmpty, SheetNoHeader, SheetTooLarge, SheetTruncated or
    SheetBadCsv. Takes some seconds for 50,000 rows: call it in a thread. It holds one record at a
    time besides the rows: all cells of a large sheet would be half a gigabyte.
    """
    _require_text(body)
    records = _records(body)
    first: list[Record] = []
    beyond: list[Record] = []
    for number, cells in records:
        if number > HEADER_RECORDS:
            beyond = [(number, cells)]
            break
        first.append((number, cells))
    if not first and not beyond:
        raise SheetEmpty()
    header = find_header([cells for _, cells in first])
    if header is None:
        seen = max(
            (cells for _, cells in first), key=lambda cells: sum(map(bool, cells)), default=[]
        )
        raise SheetNoHeader(seen=", ".join(filter(None, seen)), records=HEADER_RECORDS)
    index, columns = header
    headings = [_at(first[index][1], column) for column in columns.known]
    rows = [
        _row(number, cells, columns)
        for number, cells in chain(first[index + 1 :], beyond, records)
        if _holds_album(cells, columns, headings)
    ]
    if not rows:
        raise SheetEmpty()
    return _with_distinct_keys(rows)


def _require_text(body: bytes) -> None:
    """Raise SheetEncoding where the first byte stands that is no UTF-8.

    NUL is none, either: it is in every line of UTF-16 and UTF-32, which may else pass for UTF-8
    and come out as other letters.
    """
    bad = [at for at in (body.find(b"\0"), _first_undecodable(body)) if at >= 0]
    if bad:
        before = body[: min(bad)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        raise SheetEncoding(line=before.count(b"\n") + 1)


def _first_undecodable(body: bytes) -> int:
    """The index of the first byte that is no UTF-8, -1 where there is none."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(body), CHUNK_BYTES):
        pending = len(decoder.getstate()[0])
        end = start + CHUNK_BYTES
        try:
            decoder.decode(body[start:end], final=end >= len(body))
        except UnicodeDecodeError as error:
            return start - pending + error.start
    return -1


class _RecordTooLong(Exception):
    """A record with more characters than its cells may have together."""


class _Lines:
    """The lines of a sheet for `csv.reader`, which by itself would take any number of cells for one
    record. Whoever reads sets `record_chars` back to 0 after each record."""

    def __init__(self, body: bytes) -> None:
        self._text = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline="")
        self.record_chars = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(MAX_RECORD_CHARS + 1):
            self.record_chars += len(line)
            if self.record_chars > MAX_RECORD_CHARS:
                raise _RecordTooLong(f"more than {MAX_RECORD_CHARS:,} characters")
            yield line


def _records(body: bytes) -> Iterator[Record]:
    """Yield the number and the cleaned cells of each record that is not blank."""
    lines = _Lines(body)
    reader = csv.reader(lines, strict=True)
    filled = number = 0
    try:
        for number, raw in enumerate(reader, start=1):
            lines.record_chars = 0
            if number > MAX_RECORDS:
                raise SheetTooLarge(what=f"more than {MAX_RECORDS:,} rows, blank ones included")
            if len(raw) > MAX_GRID_COLUMNS:
                raise SheetTooLarge(what=_wide_row(number))
            # Held to the limit before anything else looks at a cell.
            if any(len(cell) > MAX_CELL_CHARS for cell in raw):
                raise SheetTooLarge(what=_long_cell(number))
            cells = [_cell(cell) if cell else "" for cell in raw]
            while cells and not cells[-1]:
                cells.pop()
            if not cells:
                continue
            filled += 1
            if filled > MAX_ROWS:
                raise SheetTooLarge(what=f"more than {MAX_ROWS:,} rows")
            if len(cells) > MAX_COLUMNS:
                raise SheetTooLarge(what=_wide_row(number))
            yield number, cells
    except _RecordTooLong as error:
        raise SheetTooLarge(what=f"row {number + 1} has {error}") from None
    except csv.Error as error:
        reason = str(error)
    else:
        return
    if "field larger" in reason:  # csv's own limit of 131,072 characters, above ours
        raise SheetTooLarge(what=_long_cell(number + 1))
    if "unexpected end of data" in reason:
        raise SheetTruncated()
    raise SheetBadCsv(line=reader.line_num)


def _wide_row(number: int) -> str:
    return f"row {number} has more than {MAX_COLUMNS} columns"


def _long_cell(number: int) -> str:
    return f"row {number} has a cell of more than {MAX_CELL_CHARS:,} characters"


def _cell(raw: str) -> str:
    text = clean(raw)
    return "" if text in FORMULA_ERRORS else text


def _at(cells: Sequence[str], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""


def _holds_album(cells: Sequence[str], columns: Columns, headings: list[str]) -> bool:
    known = [_at(cells, column) for column in columns.known]
    if not any(known) or known == headings:
        return False
    if sum(map(bool, cells)) == 1:
        return _mentions_spotify(_at(cells, columns.spotify))
    return True


def _mentions_spotify(cell: str) -> bool:
    return album_id(cell) is not None or other_link(cell) is not None


def _row(number: int, cells: Sequence[str], columns: Columns) -> Row:
    artist, title = _at(cells, columns.artist), _at(cells, columns.title)
    link = _at(cells, columns.spotify)
    spotify_id = album_id(link)
    problem = _problem(artist, title, link, spotify_id)
    artist, title = clean(artist, MAX_NAME_CHARS), clean(title, MAX_NAME_CHARS)
    year = year_of(_at(cells, columns.year))
    return Row(
        row=number,
        key=f"spotify:{spotify_id}" if spotify_id else name_key(artist, title, year),
        artist=artist,
        title=title,
        year=year,
        genres=_genres(_at(cells, columns.genres)),
        label=clean(_at(cells, columns.label), MAX_LABEL_CHARS),
        spotify_id=spotify_id,
        problem=problem,
    )


def _problem(artist: str, title: str, link: str, spotify_id: str | None) -> AlbumError | None:
    """Return why the row cannot be synced.

    A track's or a playlist's link is a mistake that the row's owner should hear about, even
    where the names would do: an id in the sheet is meant to win. Other text beside names is
    ignored; it is mostly what is left of =HYPERLINK, whose address Google does not export.
    """
    if len(artist) > MAX_NAME_CHARS or len(title) > MAX_NAME_CHARS:
        return RowTooLong(limit=MAX_NAME_CHARS)
    if spotify_id:
        return None
    if kind := other_link(link):
        return RowLinkUnsupported(kind=kind)
    if artist and title:
        return None
    if link and not artist and not title:
        return RowLinkLost()
    missing = "album title" if artist else "artist" if title else "artist and no album title"
    return RowIncomplete(missing=missing)


def name_key(artist: str, title: str, year: int | None) -> str:
    """Return the key of a row without an id. Stored keys depend on `fold`: it must not change."""
    text = f"{fold(artist)}\n{fold(title)}\n{'' if year is None else year}"
    return "name:" + hashlib.sha256(text.encode()).hexdigest()[:32]


def _with_distinct_keys(rows: list[Row]) -> list[Row]:
    seen: Counter[str] = Counter()
    distinct = []
    for row in rows:
        seen[row.key] += 1
        count = seen[row.key]
        distinct.append(row if count == 1 else replace(row, key=f"{row.key}#{count}"))
    return distinct


def year_of(cell: str) -> int | None:
    """Return the first year from 1800 to 2099 in "1994?", "01/02/1994", "1994-05-01", "1994年"."""
    match = _YEAR.search(unicodedata.normalize("NFKC", cell[:100]))
    return int(match[0]) if match else None


def _genres(cell: str) -> tuple[str, ...]:
    """Split at semicolons where there are any, else at bars or commas: some names hold a comma."""
    separator = next((mark for mark in ";|," if mark in cell), ";")
    names = (clean(name, MAX_GENRE_CHARS) for name in cell.split(separator))
    return tuple(dict.fromkeys(filter(None, names)))[:MAX_GENRES]
