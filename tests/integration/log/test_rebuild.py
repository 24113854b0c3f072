"""Every projection can be made again from the log, and any change of one is found."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import models
from django.db.models import F
from hypothesis import given, settings

from albums.models import Album, AlbumVersion
from syncengine import log, operations, triggers
from syncengine.events import Event
from syncengine.models import LogHead, SyncEvent, SyncOperation
from syncengine.rebuild import differences
from syncengine.verify import verify
from tests.databases import Databases
from tests.demo import Demo
from tests.histories import begin
from tests.logs import event_logs
from tests.sheets import LINKED
from tests.tampering import drop_triggers

LEASE = {"worker", "token", "beat"}  # of no meaning once an operation is finished


def rebuild() -> None:
    call_command("rebuild", stdout=StringIO(), stderr=StringIO())


def found(count: int = 1) -> None:
    with pytest.raises(CommandError, match=f"{count} differences") as error:
        rebuild()
    assert error.value.returncode == 1


def other(field: "models.Field[Any, Any]", value: Any) -> Any:
    """A value of the field's type that is not `value`."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value}x"
        case list() | dict():
            return [*value, "x"] if isinstance(value, list) else value | {"title": "x"}
        case uuid.UUID():
            return uuid.uuid4()
        case None:
            return None if not field.null else by_type(field)
    return value + timedelta(microseconds=1)


def by_type(field: "models.Field[Any, Any]") -> Any:
    if isinstance(field, models.DateTimeField):
        return log.head() and SyncOperation.objects.values_list("requested_at", flat=True)[0]
    return 7


def columns(model: type[models.Model], *left_out: str) -> list[str]:
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    return [name for name in names if name not in left_out]


PROJECTED = [
    *((Album, name) for name in columns(Album)),
    *((AlbumVersion, name) for name in columns(AlbumVersion, "album_id")),
    *((SyncOperation, name) for name in columns(SyncOperation, *LEASE)),
]


def test_an_untouched_catalog_is_what_the_log_says(history: int) -> None:
    rebuild()
    assert list(differences()) == []


def test_an_empty_one_too(database: str) -> None:
    rebuild()


def test_any_changed_column_is_found(shared_history: int) -> None:
    for model, name in PROJECTED:
        for row in model._default_manager.all():
            value = getattr(row, name)
            rows = model._default_manager.filter(pk=row.pk)
            rows.update(**{name: other(model._meta.get_field(name), value)})
            assert list(differences()), (model, name, value)
            rows.update(**{name: value})
    assert list(differences()) == []


def test_a_missing_version_is_found(history: int) -> None:
    AlbumVersion.objects.order_by("position")[0].delete()
    found()


def test_a_missing_album_is_found_with_its_versions(history: int) -> None:
    album = Album.objects.order_by("position")[0]
    versions = AlbumVersion.objects.filter(album=album)
    count = versions.count()
    versions.delete()
    album.delete()
    found(1 + count)


def test_a_missing_operation_is_found(history: int) -> None:
    SyncOperation.objects.order_by("first_position")[0].delete()
    found()


def test_a_superfluous_album_is_found(history: int) -> None:
    album = Album.objects.order_by("position")[0]
    album.pk = uuid.uuid4()
    album.save(force_insert=True)
    found()


def test_a_superfluous_version_is_found(history: int) -> None:
    version = AlbumVersion.objects.order_by("position")[0]
    version.pk, version.position = None, version.position + 1
    version.save(force_insert=True)
    found()


def test_a_superfluous_operation_is_found(history: int) -> None:
    operation = SyncOperation.objects.order_by("first_position")[0]
    operation.pk = uuid.uuid4()
    operation.save(force_insert=True)
    found()


def test_a_changed_status_is_found(history: int) -> None:
    status = LogHead.objects.get().status
    LogHead.objects.update(status=status.replace('"attempt":1', '"attempt":2'))
    found()


def test_rebuilding_changes_nothing(history: int) -> None:
    SyncOperation.objects.update(last_position=F("last_position") + 1)
    before = list(SyncOperation.objects.values())
    head = LogHead.objects.values().get()
    found(3)
    assert list(SyncOperation.objects.values()) == before
    assert LogHead.objects.values().get() == head


@settings(max_examples=12)
@given(generated=event_logs(max_operations=2))
def test_any_log_that_is_appended_explains_what_it_changed(
    databases: Databases, django_db_blocker: Any, generated: list[Event]
) -> None:
    with django_db_blocker.unblock(), databases.fresh():
        for first in range(0, len(generated), 50):
            with log.appending() as appender:
                for event in generated[first : first + 50]:
                    appended = appender.append(event.kind, event.data, event.operation)
                    assert (appended.position, appended.data) == (event.position, event.data)
        assert list(differences()) == []
        report = verify()
        assert report.is_sound, report.problems
        stored = log.events_after(0, 100_000)
        assert [event.data for event in stored] == [event.data for event in generated]


def mend() -> str:
    said = StringIO()
    call_command("rebuild", "--apply", stdout=said, stderr=StringIO())
    return said.getvalue()


def everything() -> list[list[dict[str, Any]]]:
    """Every projected column of everything stored."""
    return [
        list(model._default_manager.order_by("position").values(*columns(model)))
        for model in (Album, AlbumVersion)
    ] + [
        list(
            SyncOperation.objects.order_by("first_position").values(*columns(SyncOperation, *LEASE))
        )
    ]


def test_any_changed_column_is_mended(history: int) -> None:
    before, head = everything(), LogHead.objects.values().get()
    for model, name in PROJECTED:
        for row in model._default_manager.all():
            value = other(model._meta.get_field(name), getattr(row, name))
            if (model, name) != (SyncOperation, "finished_at"):  # one may be unfinished
                model._default_manager.filter(pk=row.pk).update(**{name: value})
    LogHead.objects.update(status=head["status"].replace('"attempt":1', '"attempt":2'))
    with pytest.raises(CommandError, match="differences"):
        rebuild()
    assert "differences are mended" in mend()
    assert everything() == before
    assert LogHead.objects.values().get() == head
    rebuild()
    report = verify()
    assert report.is_sound, report.problems


def test_what_is_missing_or_superfluous_is_mended(history: int) -> None:
    before = everything()
    AlbumVersion.objects.all().delete()
    Album.objects.order_by("position")[0].delete()
    SyncOperation.objects.order_by("first_position")[0].delete()
    extra = Album.objects.order_by("position")[0]
    extra.pk = uuid.uuid4()
    extra.save(force_insert=True)
    mend()
    assert everything() == before
    assert list(differences()) == []
    assert verify().is_sound


def test_each_difference_is_named_while_it_is_mended(history: int) -> None:
    Album.objects.filter(title="Debut").update(title="Dummy")
    said = StringIO()
    call_command("rebuild", "--apply", stdout=StringIO(), stderr=said)
    assert "Dummy" in said.getvalue()


def test_where_nothing_differs_nothing_is_replaced(history: int) -> None:
    versions = list(AlbumVersion.objects.values_list("pk", flat=True))
    assert "exactly what the log says" in mend()
    assert list(AlbumVersion.objects.values_list("pk", flat=True)) == versions


def test_nothing_is_mended_while_a_sync_is_unfinished(history: int) -> None:
    claim = begin()
    Album.objects.update(row=F("row") + 1)
    before = list(Album.objects.values())
    with pytest.raises(CommandError, match="has not ended"):
        mend()
    assert list(Album.objects.values()) == before
    operations.complete(claim)
    mend()
    rebuild()


def test_nothing_is_mended_from_a_log_that_does_not_hold(history: int) -> None:
    Album.objects.update(row=F("row") + 1)
    before = list(Album.objects.values())
    drop_triggers()
    SyncEvent.objects.filter(pk=5).update(previous_hash="0" * 64)
    triggers.install()
    for command in (rebuild, mend):
        with pytest.raises(CommandError, match="The log itself does not hold"):
            command()
    assert list(Album.objects.values()) == before


@pytest.mark.parametrize("data", ["{}", '{"outcome":"added","changes":5}', "no JSON"])
def test_nothing_is_mended_from_a_log_with_an_event_that_is_none(history: int, data: str) -> None:
    position = SyncEvent.objects.filter(kind="album-synced").order_by("position")[1].pk
    drop_triggers()
    SyncEvent.objects.filter(pk=position).update(data=data)
    triggers.install()
    before = list(Album.objects.values())
    for command in (rebuild, mend):
        with pytest.raises(CommandError, match=f"what follows position {position - 1} cannot be"):
            command()
    assert list(Album.objects.values()) == before


def test_a_sync_goes_on_from_what_was_mended(
    demo: Demo, sync: Callable[..., dict[str, object]]
) -> None:
    demo.sheet(*LINKED)
    sync()
    Album.objects.update(archived=True, title="", row=1, fetched_at="")
    SyncOperation.objects.update(state="failed")
    mend()
    again = sync()
    assert (again["state"], again["unchanged"]) == ("completed", len(LINKED))
