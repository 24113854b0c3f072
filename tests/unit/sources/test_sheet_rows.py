"""CSV becomes rows, however people keep their sheets, or an error that says what is wrong."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albums.sources import sheet_rows
from albums.sources.errors import (
    SheetBadCsv,
    SheetEmpty,
    SheetEncoding,
    SheetError,
    SheetNoHeader,
    SheetTooLarge,
    SheetTruncated,
)
from albums.sources.sheet_rows import Row, parse, year_of

ID = "4LH4d3cOWNNsVw41Gqt2kv"


def rows_of(*lines: str) -> list[Row]:
    return parse("\r\n".join(lines).encode())


def problem_of(*lines: str) -> str | None:
    (row,) = rows_of(*lines)
    return row.problem.code if row.problem else None


def test_a_plain_sheet_is_read() -> None:
    first, second = rows_of(
        "Album,Artist,Year,Genre,Label,Spotify",
        f"The Dark Side of the Moon,Pink Floyd,1973,Rock; Prog,Harvest,{ID}",
        '1999,"Prince",1982,"Funk, Soul",,',
    )
    assert first.row == 2
    assert first.key == f"spotify:{ID}"
    assert (first.artist, first.title, first.year) == (
        "Pink Floyd",
        "The Dark Side of the Moon",
        1973,
    )
    assert first.genres == ("Rock", "Prog")
    assert (first.label, first.spotify_id, first.problem) == ("Harvest", ID, None)
    assert (second.row, second.title, second.genres) == (3, "1999", ("Funk", "Soul"))
    assert second.key.startswith("name:") and len(second.key) == len("name:") + 32


@pytest.mark.parametrize(
    "header",
    [
        "Artist,Album,Year",
        "Künstler,Albumtitel,Erscheinungsjahr",
        "Interpret,Titel,Jahr",
        "Artiste,Titre,Année",
        "Artista,Álbum,Año",
        "Artista,Titolo,Anno",
        "Artista,Disco,Ano de lançamento",
        "Artiest,Titel,Jaar",
        "Artist,Titel,År",
        "Wykonawca,Tytuł,Rok wydania",
        "アーティスト,アルバム,発売年",
        " ARTIST(S) ,Album Title:,Release\u00a0Date",
    ],
)
def test_headers_are_recognised_in_many_languages(header: str) -> None:
    (row,) = rows_of(header, "Can,Tago Mago,1971")
    assert (row.artist, row.title, row.year) == ("Can", "Tago Mago", 1971)


def test_the_header_may_stand_below_other_lines() -> None:
    (row,) = rows_of(
        "My records,,", "Spotify,,", "", ",Year,Title,Album,Artist", "1,1971,x,Tago Mago,Can"
    )
    assert (row.row, row.artist, row.title) == (5, "Can", "Tago Mago")


def test_an_album_column_goes_before_a_title_column() -> None:
    (row,) = rows_of("Title,Artist,Album", "Halleluhwah,Can,Tago Mago")
    assert row.title == "Tago Mago"


def test_blank_rows_section_rows_and_repeated_headers_are_no_albums() -> None:
    rows = rows_of(
        "Artist,Album,Notes",
        "2024,,",
        ",,",
        "Can,Tago Mago,",
        ",Only a title,",
        ",,a note",
        "Artist,Album,Notes",
        "#N/A,#REF!,old",
        "Neu!,Neu!,",
    )
    assert [(row.row, row.artist) for row in rows] == [(4, "Can"), (9, "Neu!")]


def test_a_record_over_several_lines_counts_as_one_row() -> None:
    rows = rows_of("Artist,Album,Notes", '"Can","Tago\r\nMago","a\r\nb"', "Neu!,Neu!,")
    assert [(row.row, row.title) for row in rows] == [(2, "Tago Mago"), (3, "Neu!")]


@pytest.mark.parametrize(
    "cell",
    [
        ID,
        f"spotify:album:{ID}",
        f"https://open.spotify.com/album/{ID}?si=abc",
        f"https://open.spotify.com/intl-de/album/{ID}",
        f"https://open.spotify.com/intl-pt-BR/album/{ID}/",
        f"https://open.spotify.com/embed/album/{ID}#x",
        f"open.spotify.com/album/{ID}",
        f"http://play.spotify.com/album/{ID}",
    ],
)
def test_every_form_of_album_link_gives_the_id(cell: str) -> None:
    (row,) = rows_of("Artist,Album,Spotify", f"Can,Tago Mago,{cell}")
    assert row.spotify_id == ID


def test_a_link_alone_is_an_album() -> None:
    (row,) = rows_of("Artist,Album,Spotify", f",,spotify:album:{ID}")
    assert (row.key, row.artist, row.title, row.problem) == (f"spotify:{ID}", "", "", None)
    (row,) = rows_of("Spotify", ID)
    assert row.spotify_id == ID


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (f"https://open.spotify.com/track/{ID}", "track link"),
        (f"spotify:playlist:{ID}", "playlist link"),
        (f"https://open.spotify.com/intl-de/artist/{ID}", "artist link"),
        ("https://spotify.link/AbCdEf", "short link"),
        ("https://open.spotify.com/album/tooshort", "damaged album link"),
    ],
)
def test_other_spotify_links_are_the_rows_problem_even_beside_names(cell: str, kind: str) -> None:
    (row,) = rows_of("Artist,Album,Spotify", f"Can,Tago Mago,{cell}")
    assert row.problem is not None
    assert (row.problem.code, row.problem.details["kind"]) == ("row-link-unsupported", kind)


def test_text_in_the_link_column_matters_only_without_names() -> None:
    assert problem_of("Artist,Album,Year,Spotify", "Can,Tago Mago,1971,listen") is None
    assert problem_of("Artist,Album,Year,Spotify", ",,1971,listen") == "row-link-lost"


def test_a_row_without_artist_or_title_says_so() -> None:
    assert problem_of("Artist,Album,Year", ",Tago Mago,1971") == "row-incomplete"
    assert problem_of("Artist,Album,Year", "Can,,1971") == "row-incomplete"


def test_a_name_that_is_too_long_is_cut_and_is_the_rows_problem() -> None:
    (row,) = rows_of("Artist,Album", f"Can,{'x' * 501}")
    assert row.problem is not None and row.problem.code == "row-too-long"
    assert len(row.title) == 500


def test_genres_and_labels_are_kept_within_limits() -> None:
    genres = ";".join(f"{'g' * 150}{n}" if n == 0 else f"g{n}" for n in range(30))
    (row,) = rows_of("Artist,Album,Genre,Label", f"Can,Tago Mago,{genres},{'l' * 300}")
    assert len(row.genres) == 20
    assert max(map(len, row.genres)) == 100
    assert len(row.label) == 200


def test_a_comma_inside_a_genre_stays_where_semicolons_separate() -> None:
    (row,) = rows_of(
        "Artist,Album,Genres", 'Gene Clark,No Other,"Folk, World, & Country; Pop; Pop"'
    )
    assert row.genres == ("Folk, World, & Country", "Pop")


@pytest.mark.parametrize(
    ("cell", "year"),
    [
        ("1994", 1994),
        ("1994?", 1994),
        ("01/02/1994", 1994),
        ("1994-05-01", 1994),
        ("c. 1968/69", 1968),
        ("１９７５年", 1975),
        ("94", None),
        ("19940501", None),
        ("", None),
    ],
)
def test_years_are_found_in_what_people_write(cell: str, year: int | None) -> None:
    assert year_of(cell) == year


def test_keys_are_distinct_and_do_not_depend_on_order_of_others() -> None:
    twins = rows_of(
        "Artist,Album,Year", "Weezer,Weezer,1994", "Weezer,Weezer,2001", "WEEZER,Weezer!,1994"
    )
    base = twins[0].key
    assert twins[2].key == f"{base}#2"
    assert twins[1].key not in (base, f"{base}#2")
    assert [row.key for row in rows_of("Spotify,Artist", f"{ID},a", f"{ID},a", f"{ID},a")] == [
        f"spotify:{ID}",
        f"spotify:{ID}#2",
        f"spotify:{ID}#3",
    ]


def test_the_key_that_stored_albums_depend_on_is_frozen() -> None:
    (row,) = rows_of("Artist,Album,Year", "Björk,Début,1993")
    assert row.key == sheet_rows.name_key("bjork", "debut", 1993)
    assert row.key == "name:2a4282ed97dca52ad2c71e7effe9d609"


def test_invisible_characters_are_removed() -> None:
    (row,) = rows_of("\ufeffArtist,Album", "Can\u202e,\u00a0Tago\u00a0 Mago\x1b")
    assert (row.artist, row.title) == ("Can", "Tago Mago")


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_any_line_ending_will_do(ending: str) -> None:
    (row,) = parse(f"Artist,Album{ending}Can,Tago Mago{ending}".encode("utf-8-sig"))
    assert row.title == "Tago Mago"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("Artist,Album\nBj\xf6rk,Debut\n".encode("latin-1"), 2),
        ("Artist,Album\n".encode("utf-16"), 1),
        ("Artist,Album\nКино,Ночь\n".encode("utf-16-le"), 1),
        ("Artist,Album\nКино,Ночь\n".encode("utf-32-be"), 1),
        (b"Artist,Album\rCan,Tago Mago\r\nC\0an,Soundtracks\n", 3),
        (b"Artist,Album\n" + b"Can,Tago Mago\n" * 9_999 + b"Can,Soundtracks\xc3", 10_001),
        (b"Artist,Album\n" + "é".encode() * 32_761 + b"\n\xe9,b\n", 3),
    ],
)
def test_another_encoding_is_refused_with_its_line(body: bytes, line: int) -> None:
    with pytest.raises(SheetEncoding) as caught:
        parse(body)
    assert caught.value.details == {"line": line}


@pytest.mark.parametrize("body", [b"", b"\n,,\n", b"Artist,Album\n", b"Artist,Album\n,\n"])
def test_a_sheet_without_albums_is_empty(body: bytes) -> None:
    with pytest.raises(SheetEmpty):
        parse(body)


def test_unknown_columns_are_named_beside_what_is_wanted() -> None:
    with pytest.raises(SheetNoHeader) as caught:
        rows_of("Song,Mood", "x,y")
    assert "Song, Mood" in caught.value.message
    assert "Artist" in caught.value.message


def test_the_header_is_not_searched_for_ever() -> None:
    with pytest.raises(SheetNoHeader):
        rows_of(*["x,y"] * 20, "Artist,Album", "Can,Tago Mago")


def test_sizes_beyond_the_limits_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for length in (10_001, 200_000):  # below and above csv's own limit
        with pytest.raises(SheetTooLarge, match="row 2"):
            rows_of("Artist,Album", f"Can,{'x' * length}")
    with pytest.raises(SheetTooLarge, match="200 columns"):
        rows_of("Artist,Album" + ",x" * 199)
    assert rows_of("Artist,Album" + "," * 500, "Can,Tago Mago")
    monkeypatch.setattr(sheet_rows, "MAX_ROWS", 3)
    with pytest.raises(SheetTooLarge, match="3 rows"):
        rows_of("Artist,Album", "a,b", "c,d", "e,f")
    monkeypatch.setattr(sheet_rows, "MAX_RECORDS", 5)
    with pytest.raises(SheetTooLarge, match="blank"):
        rows_of(*[""] * 8)


def test_a_sheet_that_breaks_off_inside_quotes_is_truncated() -> None:
    with pytest.raises(SheetTruncated):
        rows_of("Artist,Album", 'Can,"Tago')
    with pytest.raises(SheetBadCsv):
        rows_of("Artist,Album", '"Can"x,Tago Mago')


SHEETS = st.lists(st.lists(st.text(max_size=20), max_size=6), max_size=8).map(
    lambda rows: "Artist,Album,Year,Spotify,Genre\n" + "\n".join(map(",".join, rows))
)


@given(st.binary() | SHEETS.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_end_in_rows_or_in_a_typed_error(body: bytes) -> None:
    try:
        rows = parse(body)
    except SheetError as error:
        assert error.message and error.remedy
        return
    assert rows
    assert len({row.key for row in rows}) == len(rows)
    for row in rows:
        assert row.problem is not None or row.spotify_id or (row.artist and row.title)
        f"{row.artist}{row.title}{row.label}{row.genres}".encode()
    assert [row.key for row in parse(body)] == [row.key for row in rows]


CELL_CHARS = 9_999  # the longest that is looked at
HOSTILE = {
    "links": "spotify:user:",
    "places": "open.spotify.com/intl-",
    "digits": "19",
    "marks": "\u0315\u0300\u0323\u0334",  # in the order that takes longest to be put right
    "marks beyond the BMP": "\U0001e8d0\U0001d165",
    "dots": "a.",
    "brackets": "(",
    "spaces": " \u00a0",
    "quotes": '""',
}


def seconds(cell: str) -> float:
    """What a sheet takes whose every cell is this one; the least of three tries."""
    lines = ["Artist,Album,Year,Genre,Label,Spotify", *[",".join([f'"a{cell}"'] * 6)] * 20]
    body = "\r\n".join(lines).encode()
    spans = []
    for _ in range(3):
        began = time.process_time()
        parse(body)
        spans.append(time.process_time() - began)
    return min(spans)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_cell_takes_hardly_longer_than_any_other(name: str) -> None:
    unit = HOSTILE[name]
    # What takes the square of the length takes more than 1,000 times as long as a usual cell.
    assert seconds(unit * (CELL_CHARS // len(unit))) < 100 * seconds("é" * CELL_CHARS)


def test_a_cell_beyond_the_limit_is_not_even_looked_at() -> None:
    def seconds_to_refuse(cell: str) -> float:
        body = f"Artist,Album\nCan,{cell}\n".encode()
        began = time.process_time()
        with pytest.raises(SheetTooLarge):
            parse(body)
        return time.process_time() - began

    hostile, usual = (
        min(seconds_to_refuse(unit * 25_000) for _ in range(5))
        for unit in ("\u0315\u0300\u0323\u0334", "abcd")
    )
    assert hostile < 50 * usual
