"""The fifty albums: what is in them, and that they are always the same."""

import pytest

from project.demo import albums, generated
from project.demo.albums import Library


def test_the_sheet_has_fifty_albums_and_half_of_them_a_link(library: Library) -> None:
    assert len(library.rows) == 50
    assert sum(bool(row.link) for row in library.rows) == 26


def test_spotify_knows_all_but_two_of_them(library: Library) -> None:
    known = {(album.name.casefold(), album.year) for album in library.albums.values()}
    missing = [row for row in library.rows if (row.album.casefold(), int(row.year)) not in known]
    spelled_otherwise = {"Ege Bamyas\u0131", "空中キャンプ = Kūchū Camp"}
    assert {row.album for row in missing} - spelled_otherwise == {"Ys", "Nonagon Infinity"}


def test_links_come_in_the_forms_that_people_paste(library: Library) -> None:
    links = [row.link for row in library.rows if row.link]
    assert any("?si=" in link for link in links)
    assert any(link.startswith("spotify:album:") for link in links)
    assert any("/intl-de/album/" in link for link in links)
    assert any(albums.is_id(link) for link in links)


def test_two_albums_named_weezer_differ_by_year_only(library: Library) -> None:
    pair = [row for row in library.rows if row.album == "Weezer"]
    assert [(row.artist, row.year, row.link) for row in pair] == [
        ("Weezer", "1994", ""),
        ("Weezer", "2001", ""),
    ]


def test_every_album_has_an_id_like_spotifys_and_believable_tracks(library: Library) -> None:
    for album in library.albums.values():
        assert albums.is_id(album.id)
        assert 5 <= len(album.tracks) <= 17
        assert all(30_000 < track.milliseconds < 1_200_000 for track in album.tracks)


def test_ids_are_the_same_in_every_run(library: Library) -> None:
    assert albums.album_id("Joni Mitchell", "Blue", "1971") == "7KLBS95TyYnZFtLcbVwJWY"
    assert list(library.albums) == list(albums.load().albums)


def test_any_number_of_albums_can_be_made_up_and_none_is_like_another() -> None:
    made = generated.library(3000, with_ids=False, seed=7)
    assert len({(row.artist, row.album) for row in made.rows}) == 3000
    assert len(made.albums) == 3000
    assert not any(row.link for row in made.rows)


def test_made_up_albums_depend_on_the_seed_alone() -> None:
    one = generated.library(40, with_ids=True, seed=7)
    assert one == generated.library(40, with_ids=True, seed=7)
    assert one != generated.library(40, with_ids=True, seed=8)
    assert all(row.link in one.albums for row in one.rows)


def test_more_albums_than_there_are_names_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        generated.library(generated.MOST + 1, with_ids=False, seed=1)
