"""The catalog's URL: what is understood is used, what is not is named on the page."""

import pytest
from django.http import QueryDict

from frontend.query import MAX_TEXT_LENGTH, CatalogQuery, parse

SORTS = ("artist", "title", "added")


def parsed(text: str) -> tuple[CatalogQuery, list[str]]:
    return parse(QueryDict(text), SORTS)


def test_nothing_asked_gives_the_defaults_and_no_note():
    assert parsed("") == (CatalogQuery(), [])


def test_everything_that_can_be_asked():
    query, notes = parsed("q=blue&sort=added&genre=Jazz&decade=1970&label=ECM&view=list&page=3")
    assert query == CatalogQuery("blue", "added", "Jazz", 1970, "ECM", "list", 3)
    assert notes == []


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("sort=loudness", "sort"),
        ("view=map", "view"),
        ("decade=nineties", "decade"),
        ("decade=1975", "decade"),
        ("decade=١٩٧٠", "decade"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=x", "page"),
    ],
)
def test_an_unknown_value_is_left_out_and_named(text: str, field: str):
    query, notes = parsed(text)
    assert getattr(query, field) == getattr(CatalogQuery(), field)
    assert len(notes) == 1
    assert text.partition("=")[2] in notes[0]


def test_an_unknown_name_is_named():
    query, notes = parsed("artist=Can")
    assert query == CatalogQuery()
    assert "artist" in notes[0]


def test_a_value_given_twice_is_named():
    query, notes = parsed("q=one&q=two")
    assert query.q == "two"
    assert len(notes) == 1


def test_nul_and_endless_text_are_cut_and_named():
    query, notes = parsed(f"q=a%00b&label={'x' * 500}")
    assert query.q == "ab"
    assert query.label == "x" * MAX_TEXT_LENGTH
    assert len(notes) == 2


@pytest.mark.parametrize(
    ("text", "narrowed"),
    [("", False), ("sort=title&view=list&page=2", False), ("q=a", True), ("decade=1970", True)],
)
def test_narrowed_means_that_albums_are_left_out(text: str, narrowed: bool):
    assert parsed(text)[0].narrowed is narrowed


def test_a_link_leaves_out_what_is_the_default_and_reads_back_the_same():
    query = CatalogQuery(q="a&b=ü", genre="R&B", decade=1990, page=2)
    assert parsed(query.url()[1:]) == (query, [])
    assert query.url(q="", genre="", decade=None, page=1) == "?"
    assert CatalogQuery().url(view="list") == "?view=list"
