"""One transaction holds an event and all that follows from it, or nothing of either."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from albums.models import Album, AlbumVersion
from syncengine import log, operations, projectors
from syncengine.events import InvalidEvent
from syncengine.log import StaleToken
from syncengine.models import LogHead, SyncOperation
from syncengine.rebuild import differences
from syncengine.verify import verify
from tests.examples import OPERATION, example
from tests.histories import FIRST, add, audit, begin, stage
from tests.tampering import as_stored, on_postgresql

pytestmark = pytest.mark.usefixtures("database")


class Crash(Exception):
    """What happens in the middle of a transaction."""


def everything() -> dict[str, Any]:
    """All that an append could have changed."""
    models = {"albums": Album, "versions": AlbumVersion, "operations": SyncOperation}
    rows = {name: list(model.objects.order_by("pk").values()) for name, model in models.items()}
    return rows | {"log": as_stored(), "head": list(LogHead.objects.values())}


def test_event_projection_status_and_head_are_one() -> None:
    claim = begin()
    stage(claim, "albums", 2)
    status = add(claim, FIRST, "Homogenic")
    head = log.head()
    assert head.current_status() == status
    assert (head.position, head.hash) == (status["position"], status["hash"])
    (event,) = log.events_after(head.position - 1)
    assert event.hash == head.hash
    album = Album.objects.get(pk=FIRST)
    assert (album.title, album.position) == ("Homogenic", head.position)
    assert list(differences()) == []


def test_an_exception_after_appending_takes_all_of_it_back() -> None:
    claim = begin()
    stage(claim, "albums", 2)
    before = everything()
    data = add_data()
    with pytest.raises(Crash), log.appending(claim.fence) as appender:
        appender.append("album-synced", data, claim.operation)
        appender.append("cancel-requested", {"by": "bob"}, claim.operation)
        assert Album.objects.filter(pk=FIRST).exists()
        raise Crash
    assert everything() == before
    operations.append(claim, "album-synced", data)
    assert verify().is_sound


def add_data() -> dict[str, Any]:
    return example("album-synced")["data"] | {
        "album": FIRST,
        "changes": {"title": [None, "Homogenic"]},
    }


@pytest.mark.parametrize("broken", ["project", "save"])
def test_a_projection_that_fails_takes_the_event_back(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = begin()
    before = everything()

    def crash(*arguments: Any) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(projectors if broken == "project" else log.Appender, broken, crash)
        with pytest.raises(Crash):
            stage(claim, "sheet")
    assert everything() == before


def test_a_refused_event_takes_back_those_before_it_in_its_transaction() -> None:
    before = everything()
    with pytest.raises(InvalidEvent), log.appending() as appender:
        appender.append("exported", example("exported")["data"], None)
        appender.append("exported", {}, None)
    assert everything() == before


def test_a_failed_transaction_leaves_no_gap() -> None:
    for _ in range(3):
        with pytest.raises(Crash), log.appending() as appender:
            appender.append("exported", example("exported")["data"], None)
            raise Crash
        audit("verified")
    assert [event.position for event in log.events_after(0)] == [1, 2, 3]
    assert verify().is_sound


def test_an_album_that_the_database_refuses_leaves_no_event() -> None:
    claim = begin()
    before = everything()
    unknown = example("album-removed")["data"] | {"album": str(uuid.uuid4())}
    with pytest.raises(Album.DoesNotExist):
        operations.append(claim, "album-removed", unknown)
    places = [{"album": unknown["album"], "key": "k", "row": 1}]
    with pytest.raises(Album.DoesNotExist):
        operations.append(claim, "albums-unchanged", {"albums": places, "n": 1, "total": 1})
    assert everything() == before


def test_an_album_is_added_once_and_changed_where_it_is() -> None:
    claim = begin()
    stage(claim, "albums", 2)
    changed = add_data() | {"outcome": "updated", "changes": {"title": ["Homogenic", "Post"]}}
    before = everything()
    with pytest.raises(Album.DoesNotExist):
        operations.append(claim, "album-synced", changed)
    assert everything() == before
    add(claim, FIRST, "Homogenic")
    before = everything()
    with pytest.raises(IntegrityError):
        operations.append(claim, "album-synced", add_data())
    assert everything() == before
    operations.append(claim, "album-synced", changed)
    assert verify().is_sound


def test_events_of_one_album_in_one_transaction_build_upon_each_other() -> None:
    claim = begin()
    stage(claim, "albums", 4)
    renamed = add_data() | {"outcome": "updated", "changes": {"title": ["Homogenic", "Post"]}}
    moved = {"albums": [{"album": FIRST, "key": "name:moved", "row": 9}], "n": 2, "total": 4}
    gone = {"album": FIRST, "key": "name:moved", "artist": "Björk", "title": "Post"}
    with log.appending(claim.fence) as appender:
        appender.append("album-synced", add_data(), claim.operation)
        appender.append("albums-unchanged", moved, claim.operation)
        appender.append("album-synced", renamed, claim.operation)
        appender.append("albums-unchanged", moved, claim.operation)
        appender.append("album-removed", gone, claim.operation)
    album = Album.objects.get(pk=FIRST)
    assert (album.title, album.key, album.row, album.archived) == ("Post", "name:moved", 9, True)
    assert AlbumVersion.objects.filter(album=FIRST).count() == 3
    assert list(differences()) == []


def test_an_album_costs_few_statements() -> None:
    """Whatever is added to these, every append pays for it while everybody else waits."""
    claim = begin()
    stage(claim, "albums", 2)
    add(claim, FIRST, "Homogenic")
    changed = add_data() | {"outcome": "updated", "changes": {"title": ["Homogenic", "Post"]}}
    with CaptureQueriesContext(connection) as captured:
        operations.append(claim, "album-synced", changed)
    begun = [query["sql"].split()[0] for query in captured]
    wanted = ["BEGIN", "SELECT", "SELECT", "INSERT", "UPDATE", "INSERT", "UPDATE", "COMMIT"]
    if on_postgresql():
        wanted[4:6] = []  # in one round trip with the event
    assert begun == wanted


def test_a_stale_token_appends_nothing() -> None:
    claim = begin()
    before = everything()
    for fence in (
        replace(claim.fence, token=claim.fence.token + 1),
        replace(claim.fence, token=claim.fence.token - 1),
        replace(claim.fence, operation=OPERATION),
        replace(claim.fence, worker="worker-2"),
    ):
        with pytest.raises(StaleToken):
            operations.append(replace(claim, fence=fence), "cancel-requested", {"by": "x"})
    assert everything() == before


def test_nobody_appends_to_an_operation_that_has_ended() -> None:
    claim = begin()
    operations.complete(claim)
    before = everything()
    with pytest.raises(StaleToken):
        stage(claim, "sheet")
    for kind in ("completed", "failed", "cancelled", "album-synced", "started"):
        with pytest.raises(InvalidEvent), log.appending() as appender:
            appender.append(kind, example(kind)["data"], claim.operation)
    assert everything() == before


def test_nothing_is_appended_for_an_operation_that_is_not_the_unfinished_one() -> None:
    first = begin()
    operations.complete(first)
    begin()
    before = everything()
    for operation in (first.operation, OPERATION):
        with pytest.raises(InvalidEvent), log.appending() as appender:
            appender.append("cancel-requested", {"by": "x"}, operation)
    with pytest.raises(InvalidEvent), log.appending() as appender:
        appender.append("requested", example("requested")["data"], OPERATION)
    assert everything() == before


def test_appending_never_nests() -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic(), log.appending():
        pass
    with pytest.raises(RuntimeError, match="durable"), log.appending(), log.appending():
        pass
    assert log.head().position == 0


def test_an_append_can_be_tried_again_where_the_database_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*arguments: Any) -> None:
        raise DatabaseError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(log.Appender, "save", fail)
        with pytest.raises(DatabaseError):
            audit("verified")
    audit("verified")
    assert log.head().position == 1
    assert verify().is_sound


def test_what_was_given_to_append_may_be_changed_afterwards() -> None:
    data = {"by": "ann"}
    claim = begin()
    with log.appending() as appender:
        event = appender.append("cancel-requested", data, claim.operation)
        data["by"] = "somebody else"
    assert event.data == {"by": "ann"}
    assert log.events_after(event.position - 1)[0].data == {"by": "ann"}


def test_a_wall_clock_that_steps_back_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    audit("verified")
    earlier = timezone.now().replace(year=1999, microsecond=0)
    monkeypatch.setattr(timezone, "now", lambda: earlier)
    audit("verified")
    second = log.events_after(1)[0]
    assert second.at < log.events_after(0)[0].at
    assert second.at.endswith(".000000Z")
    assert verify().is_sound


def test_reads_of_the_log_are_pages_in_order(history: int) -> None:
    assert [event.position for event in log.events_after(3, limit=4)] == [4, 5, 6, 7]
    assert log.events_after(history) == []
    assert [event.position for event in log.events_between(2, 6)] == [3, 4, 5, 6]
    assert list(log.events_between(6, 6)) == []
    assert log.hash_at(0) == log.head().log_id
    assert log.hash_at(history) == log.head().hash
    assert log.hash_at(history + 1) is None


def test_a_long_read_crosses_pages(history: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PAGE_EVENTS", 4)
    assert [e.position for e in log.events_between(0, history)] == list(range(1, history + 1))
    monkeypatch.setattr("syncengine.verify.PAGE_EVENTS", 4)
    reached: list[int] = []
    assert verify(reached.append).is_sound
    assert reached == [*range(4, history, 4), history]
