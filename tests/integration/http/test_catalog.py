"""The catalog page: which albums are on it, in which order, and what finding them reads."""

import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import SyncToAsync
from django.conf import LazySettings
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from albums import catalog
from albums.models import Album
from frontend.views import ALBUMS_PER_PAGE
from project.handler import InOneGo
from tests.accounts import client
from tests.benchmarks.pages import album
from tests.integration.http.by_asgi import ask

MANY = 150
NARROWED: tuple[dict[str, Any], ...] = (
    {},
    {"q": "blue note 1"},
    {"genre": "Jazz"},
    {"decade": 1960},
    {"label": "Label 3"},
)


@pytest.fixture
def viewer(database: str) -> Iterator[Client]:
    Album.objects.bulk_create(album(number) for number in range(MANY))
    Album.objects.filter(row__gt=MANY - 10).update(year=None)
    yield client("viewer")
    connections.close_all()


@pytest.mark.parametrize("sort", catalog.SORTS)
@pytest.mark.parametrize("part", [{}, {"X-Part": "albums"}], ids=["page", "part"])
def test_the_pages_of_a_search_are_what_it_finds_in_that_order(
    viewer: Client, sort: str, part: dict[str, str]
) -> None:
    for narrowed in NARROWED:
        found = [str(one.pk) for one in catalog.browse(sort=sort, **narrowed)]
        assert found, narrowed
        shown = []
        for number in range(1, -(-len(found) // ALBUMS_PER_PAGE) + 1):
            query = {"sort": sort, "page": str(number), **narrowed}
            answer = (
                viewer.get("/", query, headers=part).content.decode().partition("<template>")[0]
            )
            shown += re.findall(r'<li class="card" data-album="([^"]+)"', answer)
        assert shown == found, narrowed


def test_a_search_that_finds_nothing_says_so(viewer: Client) -> None:
    answer = viewer.get("/", {"q": "no such album"}).content.decode()
    assert "data-empty>" in answer
    assert "data-results hidden" in answer


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's index")
@pytest.mark.parametrize("sort", catalog.SORTS)
def test_a_search_reads_no_album_that_it_does_not_show(viewer: Client, sort: str) -> None:
    """Whatever it is narrowed by, the table itself is only asked for the albums of the page."""
    for narrowed in NARROWED:
        query = {"sort": sort, **narrowed}
        with CaptureQueriesContext(connection) as asked:
            viewer.get("/", query, headers={"X-Part": "albums"})
        about_albums = [q["sql"] for q in asked.captured_queries if "albums_album" in q["sql"]]
        assert len(about_albums) == 2, "to count them and to read a page"
        for sql in about_albums:
            plan = plan_of(sql)
            scans = [step for step in plan if step.startswith("SCAN")]
            assert scans
            assert all("COVERING INDEX" in step for step in scans), (query, plan)


def plan_of(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}".replace("%", "%%"), [])
        return [row[-1] for row in cursor.fetchall()]


def test_a_request_leaves_the_event_loop_once_for_all_that_is_behind_it(viewer: Client) -> None:
    """And besides for what Django does before and after each."""
    left = []
    leave = SyncToAsync.__call__

    def note(self: SyncToAsync, *args: object, **kwargs: object) -> object:  # type: ignore[type-arg]
        left.append(self.func)
        return leave(self, *args, **kwargs)

    with patch.object(SyncToAsync, "__call__", note):
        answer = ask(
            InOneGo(), "GET", "/", headers={"Cookie": viewer.cookies.output(header="").strip()}
        )
    assert answer.status_code == 200
    assert len(left) <= 3, left


def test_the_filters_follow_what_is_put_right_without_an_event(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    genres = catalog.facets()["genres"]
    Album.objects.filter(row=2).update(genres=["Damaged"])
    assert catalog.facets()["genres"] == genres
    monkeypatch.setattr(catalog, "COUNTED_FOR_S", 0.0)
    assert ("Damaged", 1) in catalog.facets()["genres"]


@pytest.mark.parametrize("narrowed", NARROWED)
def test_a_choice_has_a_number_only_where_nothing_else_narrows_what_it_finds(
    viewer: Client, narrowed: dict[str, Any]
) -> None:
    answer = viewer.get("/", narrowed).content.decode()
    numbers = {
        name: bool(re.search(rf'<select id="{name}".*?\(\d+\)</option>.*?</select>', line))
        for name in ("genre", "decade", "label")
        for line in answer.splitlines()
        if f'<select id="{name}"' in line
    }
    assert numbers == {name: narrowed.keys() <= {name} for name in ("genre", "decade", "label")}


def test_an_empty_catalog_asks_for_what_is_not_configured_and_for_nothing_else(
    database: str, settings: LazySettings
) -> None:
    admin = client("admin")
    assert "Set <code>GOOGLE_SHEETS_URL</code>" in admin.get("/").content.decode()
    settings.GOOGLE_SHEETS_URL = "https://docs.google.com/spreadsheets/d/1/edit"
    settings.SPOTIFY_CLIENT_ID = settings.SPOTIFY_CLIENT_SECRET = "known"
    answer = admin.get("/").content.decode()
    assert "Press Sync Now" in answer
    assert "GOOGLE_SHEETS_URL" not in answer
    connections.close_all()
