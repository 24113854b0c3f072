"""The history's URL: what is not understood is refused, with what to write instead."""

from datetime import date
from uuid import UUID

import pytest
from django.http import QueryDict

from syncengine.operations_found import Wanted
from syncengine.operations_query import NAMES, BadFilters, HistoryQuery, parse

ALBUM = "0b7e6d5c-4a39-4281-9706-f5e4d3c2b1a0"
EVERYTHING = (
    "since=2026-11-03&until=2026-11-04&state=warnings&by=ann&trigger=api"
    f"&album={ALBUM}&code=album-no-match&before=90000"
)


def parsed(text: str) -> HistoryQuery:
    return parse(QueryDict(text))


def refused(text: str) -> dict[str, str]:
    with pytest.raises(BadFilters) as bad:
        parsed(text)
    return dict(bad.value.problems)


def test_nothing_asked_is_every_sync():
    query = parsed("")
    assert (query.wanted, query.before, query.words) == (Wanted(), None, "")
    assert not query.narrowed


def test_fields_of_a_form_that_were_left_empty_ask_nothing():
    query = parsed("&".join(f"{name}=+" for name in NAMES))
    assert query.wanted == Wanted() and not query.narrowed


def test_everything_that_can_be_asked():
    query = parsed(EVERYTHING)
    assert query.wanted == Wanted(
        since=date(2026, 11, 3),
        until=date(2026, 11, 4),
        state="warnings",
        by="ann",
        trigger="api",
        album=UUID(ALBUM),
        code="album-no-match",
    )
    assert query.before == 90_000


def test_an_album_that_is_no_id_is_words_to_look_for():
    query = parsed("album=+blue+lines+")
    assert (query.words, query.wanted.album) == ("blue lines", None)
    assert query.narrowed


@pytest.mark.parametrize(
    ("text", "name", "remedy"),
    [
        ("since=tomorrow", "since", "2026-11-03"),
        ("since=2026-02-30", "since", "2026-11-03"),
        ("until=20261103", "until", "2026-11-03"),
        ("until=2026-W45-2", "until", "2026-11-03"),
        ("until=٢٠٢٦-١١-٠٣", "until", "2026-11-03"),
        ("since=2026-11-04&until=2026-11-03", "since", "swap them"),
        ("state=done", "state", "cancelled"),
        ("trigger=cron", "trigger", "schedule"),
        (f"by={'x' * 501}", "by", "500"),
        ("code=No+Match", "code", "album-no-match"),
        (f"code={'x' * 61}", "code", "album-no-match"),
        (f"album={'x' * 201}", "album", "200"),
        ("before=-1", "before", "whole numbers"),
        ("before=0", "before", "whole numbers"),
        ("before=1.5", "before", "whole numbers"),
        ("before=٣", "before", "whole numbers"),
        (f"before={'9' * 400}", "before", "whole numbers"),
        ("before=9999999999999999", "before", "whole numbers"),
        ("by=a%00b", "by", "leave it out"),
        ("state=failed&state=completed", "state", "give it once"),
        ("from=2026-11-03", "from", "since, until"),
        ("%00=x", "\0", "since, until"),
    ],
)
def test_what_is_not_understood_is_refused_by_name_with_what_to_do(
    text: str, name: str, remedy: str
):
    problems = refused(text)
    assert problems.keys() == {name}
    assert remedy in problems[name]


def test_everything_that_is_wrong_is_named_at_once_and_what_was_given_is_kept():
    with pytest.raises(BadFilters) as bad:
        parsed("since=x&state=y&nonsense=1&by=ann")
    assert bad.value.problems.keys() == {"since", "state", "nonsense"}
    assert bad.value.texts == {"since": "x", "state": "y", "by": "ann"}


def test_a_long_value_is_quoted_in_part():
    assert len(refused(f"state={'x' * 5000}")["state"]) < 300


def test_a_link_reads_back_the_same_and_leaves_out_what_is_empty():
    query = parsed(EVERYTHING)
    assert parsed(query.url()[1:]) == query
    assert parsed(query.url(before="")[1:]).before is None
    assert parsed(query.url(before="")[1:]).wanted == query.wanted
    assert parsed("state=failed").url(state="") == "/syncs/"
    assert parsed("by=a%26b").url() == "?by=a%26b"


@pytest.mark.parametrize(("text", "narrowed"), [("before=3", False), ("by=ann", True)])
def test_narrowed_means_that_other_than_newer_syncs_are_left_out(text: str, narrowed: bool):
    assert parsed(text).narrowed is narrowed
