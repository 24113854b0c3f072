"""Rows by their keys are those that the ORM reads and writes."""

import copy
import uuid

import pytest
from django.db import IntegrityError, models, transaction

from albums import by_key
from albums.models import Album, AlbumVersion
from syncengine.models import LogHead, SyncEvent, SyncOperation
from tests.histories import FIRST

MODELS = (Album, AlbumVersion, SyncEvent, SyncOperation, LogHead)


def values(row: models.Model) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.mark.parametrize("lock", [False, True])
def test_every_row_is_read_as_the_orm_reads_it(history: int, lock: bool) -> None:
    for model in MODELS:
        rows = list(model._default_manager.all())
        assert rows
        with transaction.atomic():
            for row in rows:
                found = by_key.read(model, row.pk, lock=lock)
                assert found is not None
                assert values(found) == values(row)
                assert not found._state.adding


def test_a_key_may_be_given_as_text(history: int) -> None:
    found = by_key.read(Album, FIRST)
    assert found is not None
    assert str(found.pk) == FIRST


def test_there_is_nothing_where_there_is_no_row(database: str) -> None:
    assert by_key.read(Album, FIRST) is None


def test_what_is_inserted_is_read_again(history: int) -> None:
    album = copy.copy(Album.objects.get(pk=FIRST))
    album.pk = uuid.uuid4()
    version = copy.copy(AlbumVersion.objects.filter(album=FIRST)[0])
    version.album = album
    by_key.carry_out([by_key.insertion(album), by_key.insertion(version)])
    assert values(Album.objects.get(pk=album.pk)) == values(album)
    stored = AlbumVersion.objects.get(album=album)
    assert stored.pk != version.pk  # the database's
    assert values(stored) | {"id": version.pk} == values(version)


def test_a_change_is_of_the_row_and_of_what_is_stored(history: int) -> None:
    album, others = Album.objects.get(pk=FIRST), Album.objects.exclude(pk=FIRST)
    before = list(others.order_by("pk").values())
    new = {"title": "100 % “Björk”; --", "year": None, "genres": ["a", "é"], "archived": False}
    by_key.carry_out([by_key.change(album, **new)])
    assert values(album).items() >= new.items()
    assert values(Album.objects.get(pk=FIRST)) == values(album)
    assert list(others.order_by("pk").values()) == before


def test_where_one_statement_fails_the_transaction_keeps_nothing(history: int) -> None:
    album = Album.objects.get(pk=FIRST)
    before = values(album)
    again = by_key.insertion(album)
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            by_key.carry_out([by_key.change(album, title="Post"), again])
        with pytest.raises(transaction.TransactionManagementError):
            Album.objects.count()
    assert values(Album.objects.get(pk=FIRST)) == before
