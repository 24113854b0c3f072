"""Failures in a row, and what ends them."""

from syncengine.biography import Mark, Row, failures_in_a_row

KINDS = {"f": "album-failed", "s": "album-synced", "r": "album-removed", "u": "albums-unchanged"}
FIRST = 10  # the position of a life's first event


def rows(life: str, healings: dict[int, int] | None = None) -> list[Row]:
    """`healings` is {position of a failure: that of what healed it}."""
    marks = [Mark(position, KINDS[kind]) for position, kind in enumerate(life, start=FIRST)]
    by = {after: Mark(healing, KINDS["u"]) for after, healing in (healings or {}).items()}
    return list(failures_in_a_row(marks, by))


def test_a_life_without_failures_has_none() -> None:
    assert rows("sss") == rows("") == []


def test_failures_that_follow_each_other_are_one_row() -> None:
    assert rows("sfff") == [Row(11, 13, 3, None)]


def test_a_success_ends_them_and_the_next_failure_begins_anew() -> None:
    assert rows("ffsf") == [Row(10, 11, 2, Mark(12, "album-synced")), Row(13, 13, 1, None)]


def test_leaving_the_sheet_ends_them_too() -> None:
    assert rows("sfr") == [Row(11, 11, 1, Mark(12, "album-removed"))]


def test_being_left_alone_heals() -> None:
    healing = Mark(50, "albums-unchanged")
    assert rows("sfff", {12: 50}) == [Row(11, 12, 2, healing), Row(13, 13, 1, None)]
    assert rows("sf", {11: 50}) == [Row(11, 11, 1, healing)]
