"""Cards and rows of albums, which are rendered once for all who look at them."""

import re
import uuid
from pathlib import Path

import pytest

from albums.models import Album
from frontend.cards import SHOWN, TEMPLATES, rendered

FOLDER = Path(__file__).resolve().parents[3] / "frontend" / "templates"
OTHER_VALUES = {
    "artist": "Björk & <friends>",
    "title": "Post",
    "year": 1995,
    "genres": ["Jazz", "R&B"],
    "label": "One Little Indian",
    "total_tracks": 11,
    "cover_url": "https://i.scdn.co/image/other",
    "spotify_id": "4Qx1lhWCJqDdkOHbPjzv5x",
}


def album() -> Album:
    return Album(id=uuid.uuid4(), artist="Nina Simone", title="Pastel Blues", genres=["Soul"])


@pytest.mark.parametrize("view", TEMPLATES)
def test_the_templates_know_nothing_of_an_album_but_what_tells_cards_apart(view: str) -> None:
    named = set()
    for name in (TEMPLATES[view], "_cover.html"):
        named |= set(re.findall(r"\balbum\.(\w+)", (FOLDER / name).read_text()))
    assert {"id", "title"} < named <= set(SHOWN)


@pytest.mark.parametrize("view", TEMPLATES)
@pytest.mark.parametrize("field", OTHER_VALUES)
def test_an_album_that_changed_is_shown_as_it_is(view: str, field: str) -> None:
    one = album()
    before = rendered(one, view)
    assert rendered(one, view) is before
    setattr(one, field, OTHER_VALUES[field])
    after = rendered(one, view)
    in_rows_only = view == "grid" and field in ("genres", "label", "total_tracks")
    assert (after == before) is in_rows_only
    assert "<friends>" not in after


def test_years_are_not_written_as_thousands() -> None:
    one = album()
    one.year, one.total_tracks = 1995, 1200
    assert ">1995<" in rendered(one, "grid")
    assert ">1200<" in rendered(one, "list")
