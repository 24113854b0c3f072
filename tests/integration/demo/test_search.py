"""Spotify's search: what it finds, and what it shows beside it."""

import pytest

from project.demo.albums import Library

from .conftest import Demo


async def test_filters_find_an_album(demo: Demo) -> None:
    assert ("Blue", "Joni Mitchell", "1971") in await demo.found("album:Blue artist:Joni Mitchell")


@pytest.mark.parametrize(
    "query",
    [
        "album:Homogenic artist:Bjork",
        "album:Homogenic artist:Björk",
        "homogenic björk",
        "album:homogenik artist:bjork",
        "album:Homogenic artist:Björk year:1996-1998",
    ],
)
async def test_spelling_is_forgiven(demo: Demo, query: str) -> None:
    assert ("Homogenic", "Björk", "1997") in await demo.found(query)


async def test_equal_names_can_be_told_apart_by_year(demo: Demo) -> None:
    both = await demo.found("album:Weezer artist:Weezer")
    assert {("Weezer", "Weezer", "1994"), ("Weezer", "Weezer", "2001")} <= set(both)
    assert await demo.found("album:Weezer artist:Weezer year:2001") == [
        ("Weezer", "Weezer", "2001")
    ]


async def test_wrong_neighbours_come_along(demo: Demo) -> None:
    names = [name for name, _, _ in await demo.found("album:1989 artist:Taylor Swift")]
    assert sorted(names) == ["1989", "1989 (Taylor's Version)"]


@pytest.mark.parametrize("query", ["album:What's Going On", 'album:"Blue"', "artist:D\u2019Angelo"])
async def test_a_quotation_mark_in_a_filter_finds_nothing(demo: Demo, query: str) -> None:
    assert await demo.found(query) == []


async def test_an_apostrophe_in_free_text_does_no_harm(demo: Demo) -> None:
    assert ("What's Going On", "Marvin Gaye", "1971") in await demo.found("What's Going On Marvin")


async def test_what_is_not_on_spotify_finds_a_namesake_at_most(demo: Demo) -> None:
    assert await demo.found("album:Ys artist:Joanna Newsom") == []
    assert ("Ys", "Il Balletto di Bronzo", "1972") in await demo.found("album:Ys")
    found = await demo.found("Joanna Newsom Ys")
    assert [artist for _, artist, _ in found] == ["The Quiet Room Players"]


async def test_a_barcode_finds_exactly_one(demo: Demo, library: Library) -> None:
    album = next(iter(library.albums.values()))
    assert await demo.found(f"upc:{album.upc}") == [(album.name, album.artists[0], str(album.year))]


async def test_results_come_in_pages_of_five(demo: Demo) -> None:
    page = (await (await demo.spotify("/search", q="edition", type="album")).json())["albums"]
    assert (len(page["items"]), page["limit"]) == (5, 5)
    assert page["total"] > 5
    assert "q=edition&type=album&offset=5&limit=5" in page["next"]


async def test_every_album_of_the_sheet_is_found_by_its_own_words(
    demo: Demo, library: Library
) -> None:
    lost = []
    for row in library.rows:
        title, artist = (
            text.replace("'", "").replace(":", " ") for text in (row.album, row.artist)
        )
        found = await demo.found(f"album:{title} artist:{artist}")
        if not any(year == row.year for _, _, year in found):
            lost.append(row.album)
    # Those with a link are not searched for.
    assert set(lost) == {"Ys", "Nonagon Infinity", "空中キャンプ = Kūchū Camp"}
