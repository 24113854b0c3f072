"""Every form of link that people paste leads to an id and a tab, and to our own address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albums.sources.errors import SheetNotConfigured, SheetUrlUnreadable
from albums.sources.sheet_url import SheetRef, export_url, parse_sheet_url

ID = "1AbC-dEf_0123456789ghijklmnopqrstuvwxyzABCDE"
PUBLISHED = "2PACX-1vAbCdEf_0123456789-ghijkl"
HOST = "https://docs.google.com"


@pytest.mark.parametrize(
    ("pasted", "ref"),
    [
        (f"{HOST}/spreadsheets/d/{ID}/edit#gid=0", SheetRef(ID, 0)),
        (f"{HOST}/spreadsheets/d/{ID}/edit?gid=12#gid=12", SheetRef(ID, 12)),
        (f"{HOST}/spreadsheets/d/{ID}/edit?gid=12#gid=34", SheetRef(ID, 34)),
        (f"{HOST}/spreadsheets/d/{ID}/edit?usp=sharing", SheetRef(ID)),
        (f"{HOST}/spreadsheets/d/{ID}", SheetRef(ID)),
        (f"docs.google.com/spreadsheets/d/{ID}/", SheetRef(ID)),
        (f"{HOST}/spreadsheets/u/0/d/{ID}/edit", SheetRef(ID)),
        (f"{HOST}/a/example.org/spreadsheets/d/{ID}/edit#gid=7", SheetRef(ID, 7)),
        (f"{HOST}/spreadsheets/d/e/{PUBLISHED}/pubhtml", SheetRef(PUBLISHED, None, True)),
        (
            f"{HOST}/spreadsheets/d/e/{PUBLISHED}/pub?gid=5&single=true&output=csv",
            SheetRef(PUBLISHED, 5, True),
        ),
        (
            f"{HOST}/spreadsheets/u/1/d/e/{PUBLISHED}/pub?output=csv",
            SheetRef(PUBLISHED, None, True),
        ),
        (f"{HOST}/spreadsheets/d/{ID}/htmlview?pli=1#gid=3", SheetRef(ID, 3)),
        (f"{HOST}/spreadsheets/d/{ID}/export?format=csv&gid=9", SheetRef(ID, 9)),
        (f"{HOST}/spreadsheets/d/{ID}/gviz/tq?tqx=out:csv&gid=9", SheetRef(ID, 9)),
        (f"https://drive.google.com/file/d/{ID}/view?usp=sharing", SheetRef(ID)),
        (f"https://drive.google.com/open?usp=x&id={ID}", SheetRef(ID)),
        (f"https://spreadsheets.google.com/ccc?key={ID}&hl=en#gid=2", SheetRef(ID, 2)),
        (f"  {ID}\n", SheetRef(ID)),
        (PUBLISHED, SheetRef(PUBLISHED, None, True)),
        ("http://127.0.0.1:9999/spreadsheets/d/demo/edit#gid=1", SheetRef("demo", 1)),
    ],
)
def test_a_pasted_link_is_understood(pasted: str, ref: SheetRef) -> None:
    assert parse_sheet_url(pasted) == ref


def test_nothing_pasted_is_not_configured() -> None:
    with pytest.raises(SheetNotConfigured):
        parse_sheet_url(" \n")


@pytest.mark.parametrize("pasted", ["my sheet", "https://example.com/", f"{HOST}/document/d/{ID}"])
def test_any_other_text_is_unreadable(pasted: str) -> None:
    with pytest.raises(SheetUrlUnreadable):
        parse_sheet_url(pasted)


@pytest.mark.parametrize(
    ("ref", "url"),
    [
        (SheetRef(ID), f"{HOST}/spreadsheets/d/{ID}/export?format=csv"),
        (SheetRef(ID, 0), f"{HOST}/spreadsheets/d/{ID}/export?format=csv&gid=0"),
        (SheetRef(PUBLISHED, None, True), f"{HOST}/spreadsheets/d/e/{PUBLISHED}/pub?output=csv"),
        (
            SheetRef(PUBLISHED, 4, True),
            f"{HOST}/spreadsheets/d/e/{PUBLISHED}/pub?output=csv&gid=4&single=true",
        ),
    ],
)
def test_the_address_is_built_from_id_and_tab(ref: SheetRef, url: str) -> None:
    assert export_url(ref, HOST) == url


@given(st.text() | st.text().map(lambda text: f"/spreadsheets/d/{text}#gid={text}"))
def test_no_pasted_text_reaches_another_host(pasted: str) -> None:
    try:
        url = export_url(parse_sheet_url(pasted), HOST)
    except (SheetNotConfigured, SheetUrlUnreadable):
        return
    assert url.startswith(f"{HOST}/spreadsheets/d/")
    assert url.isascii() and url.isprintable() and "@" not in url and ".." not in url
