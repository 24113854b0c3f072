"""Whatever bytes come from Google and Spotify, through a whole sync: each ends in albums or in
typed errors, and nothing changes in the catalog that the log does not tell."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models import CharField
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from albums.models import Album
from tests.amount import examples
from tests.demo import Demo
from tests.sheets import BLUE, BLUE_ID, DUMMY, DUMMY_ID, LINKED, REVOLVER
from tests.syncing import current_operation, ends, events, everything_stored

pytestmark = pytest.mark.once

Sync = Callable[..., dict[str, Any]]

BLUE_PATH = f"/v1/albums/{BLUE_ID}"
OURS = {"internal", "database"}  # codes of faults that are our own


@pytest.fixture(autouse=True)
def no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


def must_be_typed(operation: dict[str, Any], before: list[dict[str, Any]]) -> None:
    """`sync` has already checked that log, status and catalog agree."""
    assert ends() == [operation["state"]]
    failures = events("album-failed")
    assert not OURS & {event.data["code"] for event in failures}
    assert all(event.data["message"] and event.data["remedy"] for event in failures)
    if operation["state"] == "failed":
        assert operation["error"]["code"] not in OURS
        assert operation["error"]["message"] and operation["error"]["remedy"]
    if everything_stored() != before:
        assert events("album-synced", "albums-unchanged", "album-removed")


GOOD = "\r\n".join(["Artist,Album,Year,Genre,Label,Spotify", *LINKED, ""]).encode()
CELLS = st.text(st.characters(exclude_categories=()), max_size=12)
ROWS = st.lists(st.lists(CELLS, max_size=6).map(",".join), max_size=5)
SPLICES = st.tuples(st.integers(0, len(GOOD)), st.integers(0, 40), st.binary(max_size=20))


def spliced(splice: tuple[int, int, bytes]) -> bytes:
    """The good sheet with some bytes taken out and some put in."""
    at, taken, put = splice
    return GOOD[:at] + put + GOOD[at + taken :]


SHEETS = st.one_of(
    st.binary(max_size=200),
    ROWS.map(lambda rows: GOOD + "\n".join(rows).encode("utf-8", "surrogatepass")),
    SPLICES.map(spliced),
    st.sampled_from(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7", "cp1252"]).map(
        lambda charset: GOOD.decode().encode(charset)
    ),
)


@pytest.mark.timeout(1800)  # with ten times as many examples it takes minutes
def test_any_bytes_as_a_sheet_end_in_rows_or_in_a_typed_error(sync: Sync, demo: Demo) -> None:
    demo.sheet_bytes(GOOD)
    assert sync()["state"] == "completed"

    @given(SHEETS)
    @hypothesis_settings(max_examples=examples(25))
    def check(body: bytes) -> None:
        demo.sheet_bytes(body)
        before = everything_stored()
        operation = sync()
        must_be_typed(operation, before)
        if operation["state"] == "failed":
            assert operation["error"]["code"].startswith("sheet-")
            assert everything_stored() == before

    check()


KEYS = [
    *("id", "name", "artists", "tracks", "items", "images", "url", "albums", "next", "width"),
    *("error", "access_token", "expires_in", "message", "total_tracks"),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
FIELDS = [
    *("name", "artists", "tracks", "images", "genres", "label"),
    *("album_type", "release_date", "total_tracks", "id"),
]
PATHS = [BLUE_PATH, f"{BLUE_PATH}/tracks", "/v1/search", "/v1/albums", "/api/token"]


def album(**fields: Any) -> dict[str, Any]:
    """An album as Spotify has it, but for these fields."""
    return {
        "id": BLUE_ID,
        "name": "Blue",
        "album_type": "album",
        "release_date": "1971-06-22",
        "total_tracks": 1,
        "artists": [{"name": "Joni Mitchell"}],
        "images": [],
        "genres": [],
        "tracks": {"items": [{"name": "All I Want", "track_number": 1}], "next": None},
    } | fields


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, int, bytes]:
    """A path of Spotify's, a status and any JSON; often the right form with a wrong field in it."""
    path = draw(st.sampled_from(PATHS))
    answer = draw(JSON)
    if draw(st.booleans()):
        fields = dict.fromkeys(draw(st.lists(st.sampled_from(FIELDS), min_size=1)), answer)
        odd = album(**fields)
        answer = {
            f"{BLUE_PATH}/tracks": {"items": [answer, {"name": answer}], "next": answer},
            "/v1/search": {"albums": {"items": [odd, answer]}},
            "/v1/albums": {"albums": [odd, answer]},
            "/api/token": {"access_token": answer, "expires_in": answer},
        }.get(path, odd)
    status = draw(st.sampled_from([200, 200, 200, 200, 400, 403, 404, 418]))
    return path, status, json.dumps(answer).encode()


@pytest.mark.timeout(1800)  # with ten times as many examples it takes minutes
def test_any_json_as_an_answer_ends_in_albums_or_in_typed_errors(sync: Sync, demo: Demo) -> None:
    demo.sheet(BLUE, DUMMY, REVOLVER)
    assert sync()["state"] == "completed"

    @given(answers(), st.booleans())
    @hypothesis_settings(max_examples=examples(25))
    def check(answer: tuple[str, int, bytes], extended: bool) -> None:
        path, status, body = answer
        demo.behave(reset=True, extended_mode=extended)
        demo.sheet(BLUE, DUMMY, REVOLVER.replace("Revolver", f"Revolver {len(body) % 3}"))
        demo.answer(path, body, status)
        before = everything_stored()
        must_be_typed(sync(mode="refresh"), before)

    check()


def huge(sign: str, image_origin: str) -> dict[str, Any]:
    """As much of everything as is stored of an album, in letters of four bytes."""
    name = sign * 500
    tracks = [{"name": f"{sign}{number}", "track_number": number} for number in range(500)]
    return album(
        name=name,
        artists=[{"name": name}],
        label=name,
        genres=[f"{number}{name}" for number in range(30)],
        album_type=name,
        images=[{"url": f"{image_origin}/{'x' * 400}", "width": 300}],
        tracks={"items": tracks, "next": None},
    )


def test_the_largest_album_that_is_stored_fits_into_a_record(sync: Sync, demo: Demo) -> None:
    demo.sheet(f",,,,,{BLUE_ID}", DUMMY)
    demo.answer(BLUE_PATH, huge("\U0001f3b5", demo.origin))
    assert sync()["failed"] == 0
    stored = Album.objects.get(spotify_id=BLUE_ID)
    assert len(stored.title) == 500 and len(stored.tracks) > 200
    for field in Album._meta.fields:
        if isinstance(field, CharField) and field.max_length is not None:
            assert len(getattr(stored, field.attname)) <= field.max_length, field.name

    # Another album of that size in its place: before and after are too much together.
    demo.answer(BLUE_PATH, huge("\U0001f3b6", demo.origin))
    operation = sync(mode="refresh")
    assert (operation["synced"], operation["failed"]) == (1, 1)
    (failure,) = events("album-failed")
    assert failure.data["code"] == "album-too-large"
    assert Album.objects.get(spotify_id=BLUE_ID).title == stored.title


def test_texts_of_megabytes_are_cut_in_time_for_the_next_beat(sync: Sync, demo: Demo) -> None:
    marks = "\u0315\u0300\u0323\u0334" * 200_000
    demo.sheet(BLUE, DUMMY)
    body = json.dumps(album(name="Blue" + marks, label="x" * 10**6), ensure_ascii=False).encode()
    demo.answer(BLUE_PATH, body)
    operation = sync()
    assert (operation["state"], operation["synced"], operation["failed"]) == ("completed", 2, 0)
    assert len(Album.objects.get(spotify_id=BLUE_ID).spotify_title) < 40
    assert current_operation()["attempt"] == 1  # it was never taken for dead
    assert Album.objects.get(spotify_id=DUMMY_ID).title == "Dummy"
