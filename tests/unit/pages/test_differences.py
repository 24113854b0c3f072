"""Differences in words: each field with what it was and what it is."""

from typing import Any

from albums.fields import BOOKKEEPING, EMPTY
from frontend.differences import LABELS, MAX_TRACKS, NOTES, Line, lines, notes


def track(number: int, title: str = "A song", disc: int = 1, **others: Any) -> dict[str, Any]:
    shape = {"disc": disc, "number": number, "title": title}
    return shape | {"duration_ms": 60_000, "explicit": False} | others


def test_every_recorded_field_has_its_words() -> None:
    assert LABELS.keys() | NOTES.keys() == EMPTY.keys()
    assert NOTES.keys() == BOOKKEEPING


def test_a_field_from_something_to_something() -> None:
    assert lines({"year": [1970, 1971]}) == [Line("Year", "1970", "1971")]
    assert lines({"genres": [["Folk"], ["Folk", "Pop"]]}) == [Line("Genres", "Folk", "Folk, Pop")]


def test_a_field_from_nothing_and_to_nothing() -> None:
    assert lines({"label": ["", "Reprise"]}) == [Line("Label", "", "Reprise")]
    assert lines({"label": ["Reprise", ""]}) == [Line("Label", "Reprise", "")]
    assert lines({"year": [1971, None]}) == [Line("Year", "1971", "")]
    assert lines({"genres": [["Folk"], []]}) == [Line("Genres", "Folk", "")]
    assert lines({"tracks": [None, [track(1)]]}) == [Line("Tracks", "", "1 track")]
    assert lines({"year": [1971, 0]}) == [Line("Year", "1971", "0")]


def test_being_in_the_catalog_is_told_as_such() -> None:
    [line] = lines({"archived": [True, False]})
    assert (line.label, line.old, line.new) == ("In the catalog", "no, archived", "yes")


def test_tracks_are_told_one_by_one() -> None:
    old = [track(1, "All I Want"), track(2, "My Old Man"), track(3, "Gone")]
    new = [track(1, "All I Want"), track(2, "My Old Man", explicit=True)]
    assert lines({"tracks": [old, new]}) == [
        Line("Track 2", "My Old Man (1:00)", "My Old Man (1:00, explicit)"),
        Line("Track 3", "Gone (1:00)", ""),
    ]


def test_tracks_of_several_discs_name_their_disc() -> None:
    old, new = [track(1), track(1, disc=2)], [track(1), track(1, "Another", disc=2)]
    [line] = lines({"tracks": [old, new]})
    assert line.label == "Disc 2, track 1"


def test_numbers_that_occur_twice_hide_no_track() -> None:
    old, new = [track(0), track(0, "B")], [track(0), track(0, "C")]
    assert lines({"tracks": [old, new]}) == [Line("Track 0", "B (1:00)", "C (1:00)")]


def test_another_edition_is_told_by_its_numbers() -> None:
    many = range(1, MAX_TRACKS + 11)
    told = lines({"tracks": [[track(n) for n in many], [track(n, "Else") for n in many]]})
    assert len(told) == MAX_TRACKS + 1
    assert told[-1].new == f"{len(many)} tracks, {len(many)} of them differ"


def test_what_is_noted_of_the_way_stands_apart() -> None:
    changes = {"match_score": [90, 100], "year": [None, 1971]}
    assert lines(changes) == [Line("Year", "", "1971")]
    assert notes(changes) == [Line("Likeness, of 100", "90", "100")]
