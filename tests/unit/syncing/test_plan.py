"""Which row becomes which album, over generated sheets and catalogs."""

import uuid
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from albums.sources.errors import RowIncomplete
from albums.sources.sheet_rows import Row
from syncengine.plan import Failed, Plan, make_plan, match, row_digest

# A busy machine must not fail an example.
unhurried = settings(deadline=None, max_examples=60)

NOW = "2026-11-22T12:00:00.000000Z"
TODAY = "2026-11-22T00:00:00.000000Z"
YESTERDAY = "2026-11-21T00:00:00.000000Z"

# Few of each, so that collisions are the rule.
ARTISTS = st.sampled_from(["", "Weezer", "weezer", "Björk", "Bjork"])
TITLES = st.sampled_from(["", "Weezer", "Post", "Debut"])
IDS = st.sampled_from([None, "A" * 22, "B" * 22])
KEYS = st.sampled_from([f"name:{number}" for number in range(6)] + ["spotify:A", "spotify:B"])


@st.composite
def sheets(draw: st.DrawFn) -> list[Row]:
    keys = draw(st.lists(KEYS, max_size=8, unique=True))
    return [
        Row(
            row=number,
            key=key,
            artist=draw(ARTISTS),
            title=draw(TITLES),
            year=draw(st.sampled_from([None, 1994])),
            genres=(),
            label="",
            spotify_id=draw(IDS),
        )
        for number, key in enumerate(keys, start=2)
    ]


def album(row: Row, /, **other: Any) -> dict[str, Any]:
    """An album as an earlier sync left it for `row`."""
    return {
        "id": uuid.uuid4(),
        "key": row.key,
        "row": row.row,
        "artist": row.artist,
        "title": row.title,
        "spotify_id": row.spotify_id or "",
        "row_digest": row_digest(row),
        "fetched_at": NOW,
        "archived": False,
    } | other


@st.composite
def catalogs(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        album(
            row,
            fetched_at=draw(st.sampled_from([NOW, TODAY, YESTERDAY])),
            archived=draw(st.booleans()),
        )
        for row in draw(sheets())
    ]


def plan(rows: list[Row], known: list[dict[str, Any]], **other: Any) -> Plan:
    options: dict[str, Any] = {
        "mode": "full",
        "retried": {},
        "fetched_since": YESTERDAY,
        "done": frozenset(),
    }
    return make_plan(rows, known, **{**options, **other})


@unhurried
@given(sheets(), catalogs())
def test_no_album_belongs_to_two_rows(rows: list[Row], known: list[dict[str, Any]]) -> None:
    used = [one["id"] for one in match(rows, known).values()]
    assert len(used) == len(set(used))


@unhurried
@given(sheets(), catalogs())
def test_a_row_has_the_album_of_its_key_whatever_else_would_fit(
    rows: list[Row], known: list[dict[str, Any]]
) -> None:
    found = match(rows, known)
    by_key = {one["key"]: one for one in known}
    for row in rows:
        if row.key in by_key:
            assert found[row.key] is by_key[row.key]


@unhurried
@given(sheets(), catalogs())
def test_only_an_album_that_would_be_archived_is_adopted(
    rows: list[Row], known: list[dict[str, Any]]
) -> None:
    keys = {row.key for row in rows}
    for key, one in match(rows, known).items():
        assert key == one["key"] or (not one["archived"] and one["key"] not in keys)


@unhurried
@given(sheets(), catalogs())
def test_kept_and_gone_are_all_that_was_in_the_catalog(
    rows: list[Row], known: list[dict[str, Any]]
) -> None:
    gone = {one["id"] for one in plan(rows, known).gone}
    kept = {one["id"] for one in match(rows, known).values()}
    assert kept.isdisjoint(gone)
    in_catalog = {one["id"] for one in known if not one["archived"]}
    assert gone | (kept & in_catalog) == in_catalog


@unhurried
@given(sheets(), catalogs(), st.sampled_from(["full", "refresh"]))
def test_every_row_is_dealt_with_once(
    rows: list[Row], known: list[dict[str, Any]], mode: str
) -> None:
    made = plan(rows, known, mode=mode)
    dealt_with = [row.key for _, row in made.fresh] + [task.row.key for task in made.tasks]
    assert sorted(dealt_with) == sorted(row.key for row in rows)
    assert made.total == len(rows)


@unhurried
@given(sheets(), catalogs())
def test_new_rows_come_first_and_then_the_stalest(
    rows: list[Row], known: list[dict[str, Any]]
) -> None:
    made = plan(rows, known, mode="refresh")
    fetched = {str(one["id"]): one["fetched_at"] for one in known}
    order = ["" if task.album is None else fetched[task.album] for task in made.tasks]
    assert order == sorted(order)


@unhurried
@given(sheets(), catalogs(), st.data())
def test_what_is_done_is_left_out_but_counted(
    rows: list[Row], known: list[dict[str, Any]], data: st.DataObject
) -> None:
    keys = [row.key for row in rows]
    done: Collection[str] = data.draw(st.sets(st.sampled_from(keys)) if keys else st.just(set()))
    made = plan(rows, known, done=done)
    left = {row.key for _, row in made.fresh} | {task.row.key for task in made.tasks}
    assert left == set(keys) - set(done)
    assert made.total == len(rows)


@unhurried
@given(sheets(), catalogs(), st.data())
def test_a_retry_is_about_its_keys_and_archives_nothing(
    rows: list[Row], known: list[dict[str, Any]], data: st.DataObject
) -> None:
    keys = data.draw(st.sets(KEYS))
    made = plan(rows, known, mode="retry", retried=dict.fromkeys(keys))
    assert {task.row.key for task in made.tasks} == {row.key for row in rows} & keys
    assert (made.fresh, made.gone) == ([], [])
    assert made.total == len(made.tasks)


@unhurried
@given(sheets())
def test_a_sheet_that_was_just_synced_leaves_nothing_to_do(rows: list[Row]) -> None:
    made = plan(rows, [album(row) for row in rows])
    assert (made.tasks, made.gone) == ([], [])
    assert len(made.fresh) == len(rows)


ROW = Row(2, "name:0", "Björk", "Post", 1995, (), "", None)


def test_a_retried_row_that_was_corrected_is_found_by_its_place() -> None:
    corrected, other = replace(ROW, key="spotify:A"), replace(ROW, row=3, key="name:1")
    rows, retried = [corrected, other], {"name:0": Failed(2, "Bjork", "Pst")}
    made = plan(rows, [], mode="retry", retried=retried)
    assert [task.row for task in made.tasks] == [corrected]
    # After a resume, too, when it has its album.
    again = plan(rows, [album(corrected)], mode="retry", retried=retried, done={corrected.key})
    assert (again.tasks, again.total) == ([], 1)


def test_a_place_where_a_settled_row_stands_now_is_not_retried() -> None:
    retried = {"name:9": Failed(2, "Björk", "Past"), "name:8": None}
    made = plan([ROW], [album(ROW)], mode="retry", retried=retried)
    assert (made.tasks, made.total) == ([], 0)


def test_another_album_at_the_place_of_a_failed_row_is_not_retried() -> None:
    made = plan([ROW], [], mode="retry", retried={"name:9": Failed(2, "Low", "Hey What")})
    assert (made.tasks, made.total) == ([], 0)


def test_adoption_goes_by_id_then_by_names_then_by_place() -> None:
    row = replace(ROW, key="spotify:A", spotify_id="A" * 22)
    by_place = album(ROW, key="name:1", title="Debut")
    by_names = album(ROW, key="name:2", row=9)
    by_id = album(ROW, key="name:3", row=9, artist="?", title="?", spotify_id="A" * 22)
    candidates = [by_place, by_names, by_id]
    while candidates:
        assert match([row], candidates)[row.key] is candidates.pop()
    assert match([row], []) == {}


def test_an_archived_album_comes_back_by_its_key_only() -> None:
    archived = album(ROW, archived=True)
    assert match([ROW], [archived])[ROW.key] is archived
    assert match([replace(ROW, key="name:9")], [archived]) == {}


def test_rows_without_an_artist_adopt_nothing_by_place() -> None:
    nameless = replace(ROW, artist="", title="")
    known = album(nameless, key="name:1")
    assert match([nameless], [known]) == {}


def test_an_album_with_a_changed_row_is_not_fresh() -> None:
    made = plan([replace(ROW, genres=("Pop",))], [album(ROW)])
    assert (len(made.tasks), made.fresh) == (1, [])


def test_a_row_with_a_problem_is_not_fresh_so_that_it_is_reported() -> None:
    row = replace(ROW, problem=RowIncomplete(missing="artist"))
    assert plan([row], [album(ROW)]).fresh == []


def test_an_archived_album_is_not_fresh_so_that_it_is_revived() -> None:
    assert plan([ROW], [album(ROW, archived=True)]).fresh == []


def test_the_id_that_a_search_found_is_used_only_under_the_same_names() -> None:
    known = album(ROW, spotify_id="A" * 22, fetched_at=YESTERDAY)
    (same,) = plan([ROW], [known], mode="refresh").tasks
    (other,) = plan([replace(ROW, title="Debut")], [known], mode="refresh").tasks
    assert (same.known_id, other.known_id) == ("A" * 22, None)


def guarded(catalog: int, gone: int) -> bool:
    return Plan(catalog_size=catalog, gone=[album(ROW)] * gone).archives_too_much()


def test_the_guard_lets_a_fifth_and_twenty_albums_go() -> None:
    assert not guarded(catalog=0, gone=0)
    assert not guarded(catalog=5, gone=1)
    assert guarded(catalog=5, gone=2)
    assert guarded(catalog=4, gone=1)
    assert not guarded(catalog=1000, gone=20)
    assert guarded(catalog=1000, gone=21)
