"""The catalog as of a moment or a sync, and what differs today."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from albums import catalog, past
from albums.models import Album
from syncengine import log
from tests.accounts import client
from tests.demo import Demo
from tests.lives import BLUE, DUMMY, fields, removed, sync, synced
from tests.sheets import LINKED, UNTRUE
from tests.syncing import current_operation, sync_now

FILTERS: list[dict[str, Any]] = [
    {},
    {"q": "JONI blue"},
    {"q": "nothing like this"},
    {"genre": "Folk"},
    {"decade": 1970},
    {"label": "Reprise"},
    {"q": "a", "decade": 1970},
]


@pytest.fixture
def auditor(database: str) -> Iterator[Client]:
    yield client("auditor")
    connections.close_all()


@pytest.fixture
def told(auditor: Client) -> dict[str, str]:
    """Three syncs: two albums come, one changes, the other leaves. Returns their ids."""
    return {
        "first": sync(
            "2026-11-01 12:00",
            synced(BLUE, None, fields(year=1970)),
            synced(DUMMY, None, fields("Dummy"), row=3),
        ),
        "second": sync("2026-11-03 12:00", synced(BLUE, fields(year=1970), fields(year=1971))),
        "third": sync("2026-11-05 12:00", removed(DUMMY, "Dummy"), by="bob"),
    }


def text_of(auditor: Client, **query: Any) -> str:
    answer = auditor.get("/", query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def counts(auditor: Client, as_of: str) -> list[int]:
    """As it was, added, archived and changed since."""
    return [view["count"] for view in auditor.get("/", {"as-of": as_of}).context["views"]]


def titles(auditor: Client, **query: Any) -> list[str]:
    return [album.title for album in auditor.get("/", query).context["albums"]]


def shown(albums: Iterable[Album]) -> list[dict[str, Any]]:
    """All but what versions do not keep, and the tracks, which no list shows."""
    left_out = ("tracks", "fetched_at")
    return [
        {name: value for name, value in catalog.fields_of(album).items() if name not in left_out}
        | {"pk": album.pk, "added_at": album.added_at, **catalog.derived(catalog.fields_of(album))}
        for album in albums
    ]


def test_after_each_sync_the_past_is_what_the_catalog_was(auditor: Client, demo: Demo) -> None:
    """In every order and with every filter."""
    sheets = (LINKED[:3], LINKED, [LINKED[0].replace("1971", "1999"), *LINKED[1:4]])
    then: dict[int, dict[str, list[Any]]] = {}
    for rows in sheets:
        demo.sheet(*rows)
        sync_now()
        then[log.head().position] = {
            f"{sort} {filters}": shown(catalog.browse(sort=sort, **filters))
            for sort in catalog.SORTS
            for filters in FILTERS
        }
    for position, wanted in then.items():
        for sort in catalog.SORTS:
            for filters in FILTERS:
                found = past.narrowed(past.as_of(position), **filters)
                found.sort(key=past.SORT_KEYS[sort])
                assert shown(one.as_album() for one in found) == wanted[f"{sort} {filters}"], (
                    sort,
                    filters,
                )
    assert past.facets(past.as_of(log.head().position)) == catalog.facets()


def test_a_day_means_its_end(auditor: Client, told: dict[str, str]) -> None:
    assert titles(auditor, **{"as-of": "2026-11-01"}) == ["Blue", "Dummy"]
    assert titles(auditor, **{"as-of": "2026-11-05"}) == ["Blue"]
    text = text_of(auditor, **{"as-of": "2026-11-02"})
    assert "The catalog at the end of 2 November 2026 (UTC)" in text
    assert "1970" in text and "1971" not in text
    assert 'href="/?">Back to today' in text


@pytest.mark.parametrize(
    "as_of",
    [
        "2026-11-03T12:30",
        "2026-11-03T12:30:00Z",
        "2026-11-03T12:30:00.000001",
        "2026-11-03T13:30+01:00",
        "2026-11-03T13:30 01:00",  # a plus sign that nobody encoded
        "2026-11-03T07:30-05:00",
    ],
)
def test_a_time_is_taken_with_its_zone(auditor: Client, told: dict[str, str], as_of: str) -> None:
    assert "on 3 November 2026, 12:30:00 UTC" in text_of(auditor, **{"as-of": as_of})
    assert counts(auditor, as_of) == [2, 0, 1, 0]


def test_a_moment_between_two_events_has_only_what_came_before(
    auditor: Client, told: dict[str, str]
) -> None:
    assert counts(auditor, "2026-11-03T11:59:59.999999") == [2, 0, 1, 1]
    assert counts(auditor, "2026-11-03T12:00:00") == [2, 0, 1, 0]


def test_a_sync_means_its_end(auditor: Client, told: dict[str, str]) -> None:
    assert titles(auditor, **{"as-of": told["first"]}) == ["Blue", "Dummy"]
    assert titles(auditor, **{"as-of": told["third"].upper()}) == ["Blue"]
    text = text_of(auditor, **{"as-of": told["third"]})
    assert "when the sync of 5 November 2026, 12:00:00 UTC had ended" in text
    assert f"/syncs/{told['third']}/" in text and "asked for by bob" in text


def test_the_difference_to_today(auditor: Client, told: dict[str, str]) -> None:
    first = told["first"]
    assert counts(auditor, first) == [2, 0, 1, 1]
    assert titles(auditor, **{"as-of": first, "since": "archived"}) == ["Dummy"]
    text = text_of(auditor, **{"as-of": first, "since": "changed"})
    assert "1970</del>" in text and "1971</ins>" in text
    assert "No album was added since then." in text_of(
        auditor, **{"as-of": first, "since": "added"}
    )
    new = "2b7e6d5c-4a39-4281-9706-f5e4d3c2b1a2"
    sync("2026-11-06 12:00", synced(new, None, fields("Hejira")))
    back = {"archived": True} | fields("Dummy")
    sync("2026-11-07 12:00", synced(DUMMY, back, fields("Dummy")))
    assert titles(auditor, **{"as-of": told["third"], "since": "added"}) == ["Dummy", "Hejira"]
    assert counts(auditor, first) == [2, 1, 0, 1]


def test_a_change_that_was_taken_back_is_no_difference(
    auditor: Client, told: dict[str, str]
) -> None:
    sync("2026-11-06 12:00", synced(BLUE, fields(year=1971), fields(year=1970)))
    assert counts(auditor, told["first"]) == [2, 0, 1, 0]
    assert counts(auditor, told["second"]) == [2, 0, 1, 1]


def test_the_past_is_searched_sorted_and_filtered(auditor: Client, told: dict[str, str]) -> None:
    first = {"as-of": told["first"]}
    assert titles(auditor, **first, sort="title") == ["Blue", "Dummy"]
    assert titles(auditor, **first, q="dumm") == ["Dummy"]
    assert titles(auditor, **first, decade="1970") == ["Blue"]
    assert "No album matches." in text_of(auditor, **first, q="zzz")
    text = text_of(auditor, **first, q="dumm")
    assert f'<input type="hidden" name="as-of" value="{told["first"]}">' in text
    assert 'href="/?q=dumm">Back to today' in text
    assert "loudness" in text_of(auditor, **first, sort="loudness")


def test_the_past_of_a_large_catalog_has_pages(auditor: Client) -> None:
    albums = [str(uuid.UUID(int=number)) for number in range(1, 71)]
    rows = [
        synced(album, None, fields(f"Album {number:02}"), row=number + 2)
        for number, album in enumerate(albums)
    ]
    operation = sync("2026-11-01 12:00", *rows)
    assert len(titles(auditor, **{"as-of": operation})) == 60
    second = titles(auditor, **{"as-of": operation, "page": "2"})
    assert second == [f"Album {number}" for number in range(60, 70)]
    assert f"?as-of={operation}&amp;page=2" in text_of(auditor, **{"as-of": operation})


@pytest.mark.parametrize(
    "as_of",
    [
        *("", "yesterday", "2026-02-30", "2026-11-03T25:00", "٢٠٢٦-١١-٠٣", "2026-11-03 12:00"),
        *("0001-01-01T00:00+14:00", "1e9", "x" * 5000, "\0", "<script>"),
        "0b7e6d5c4a3942819706f5e4d3c2b1a0",
    ],
)
def test_what_is_no_moment_is_refused(auditor: Client, told: dict[str, str], as_of: str) -> None:
    answer = auditor.get("/", {"as-of": as_of})
    assert answer.status_code == 400
    assert "Write a date (2026-11-03)" in answer.content.decode()
    assert 'class="card"' not in answer.content.decode()


def test_two_moments_are_refused(auditor: Client, told: dict[str, str]) -> None:
    assert auditor.get("/?as-of=2026-11-01&as-of=2026-11-02").status_code == 400
    assert auditor.get("/?as-of=2026-11-01&since=better").status_code == 400


def test_before_the_log_there_is_no_catalog(auditor: Client, told: dict[str, str]) -> None:
    for as_of in ("2026-10-31", "1999-01-01", "2026-11-01T11:59:59", "0001-01-01"):
        answer = auditor.get("/", {"as-of": as_of})
        assert answer.status_code == 404
        assert "its log begins on 1 November 2026, 12:00:00 UTC" in answer.content.decode()


def test_an_empty_log_has_no_past(auditor: Client) -> None:
    answer = auditor.get("/", {"as-of": "2026-11-01"})
    assert answer.status_code == 404
    assert "nothing was ever recorded" in answer.content.decode()


def test_the_future_has_not_come_yet(auditor: Client, told: dict[str, str]) -> None:
    tomorrow = (timezone.now() + timedelta(days=1)).date().isoformat()
    for as_of in (tomorrow, "9999-12-31", "9999-12-31T23:59:59-14:00"):
        answer = auditor.get("/", {"as-of": as_of})
        assert answer.status_code == 400
    assert "That moment has not come yet" in auditor.get("/", {"as-of": tomorrow}).content.decode()


def test_today_means_now(auditor: Client, told: dict[str, str]) -> None:
    assert counts(auditor, timezone.now().date().isoformat()) == [1, 0, 0, 0]


def test_a_sync_that_there_is_none_of_or_that_has_not_ended(
    auditor: Client, told: dict[str, str]
) -> None:
    assert auditor.get("/", {"as-of": str(uuid.uuid4())}).status_code == 404
    unfinished = sync("2026-11-06 12:00", end="")
    answer = auditor.get("/", {"as-of": unfinished})
    assert answer.status_code == 409
    assert "has not ended" in answer.content.decode()


def test_programs_get_the_errors_as_json(auditor: Client) -> None:
    answer = auditor.get("/", {"as-of": "x"}, headers={"Accept": "application/json"})
    assert answer.json()["error"]["code"] == "bad-moment"


def test_only_auditors_and_admins_look_back(database: str) -> None:
    wanted = {"nobody": 302, "viewer": 403, "auditor": 404, "admin": 404, "superuser": 404}
    for role, status in wanted.items():
        browser = client(role)
        for as_of in ("2026-11-01", "nonsense"):
            found = browser.get("/", {"as-of": as_of}).status_code
            assert found == (400 if (status, as_of) == (404, "nonsense") else status)
        assert browser.get("/").status_code == (302 if role == "nobody" else 200)
    connections.close_all()


def test_today_s_catalog_leads_to_the_past(auditor: Client, told: dict[str, str]) -> None:
    assert 'name="as-of"' in auditor.get("/").content.decode()
    assert 'name="as-of"' not in client("viewer").get("/").content.decode()
    page = auditor.get(f"/syncs/{told['second']}/").content.decode()
    assert f"/?as-of={told['second']}" in page


def test_nothing_of_the_past_is_stored(auditor: Client, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync_now()
    demo.sheet(UNTRUE, *LINKED[:3])
    before = list(Album.objects.order_by("pk").values())
    assert auditor.get("/", {"as-of": current_operation()["id"]}).status_code == 200
    assert list(Album.objects.order_by("pk").values()) == before
