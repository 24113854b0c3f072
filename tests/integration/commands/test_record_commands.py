"""`verifylog` and `rebuild`: 0 where the record holds, 1 where somebody touched it."""

from django.db import connection, connections

from albums.models import Album
from syncengine import log, triggers
from syncengine.models import SyncEvent, SyncOperation
from tests.commands import Environment, manage
from tests.demo import Demo
from tests.sheets import LINKED
from tests.syncing import sync_now


def without_triggers() -> None:
    on = f" ON {triggers.TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in triggers._wanted():
            cursor.execute(f"DROP TRIGGER {name}{on}")


def test_a_record_that_holds_is_0(environment: Environment, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync_now()
    verified, rebuilt = manage(environment, "verifylog"), manage(environment, "rebuild")
    assert verified.returncode == 0, verified.stderr
    assert f"from position 1 to {log.head().position}" in verified.stdout
    assert rebuilt.returncode == 0, rebuilt.stderr


def test_a_changed_event_is_1_and_named(environment: Environment, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync_now()
    without_triggers()
    event = SyncEvent.objects.get(position=3)
    SyncEvent.objects.filter(position=3).update(data=event.data.replace("sheet", "shoot"))
    triggers.install()
    connections.close_all()
    done = manage(environment, "verifylog")
    assert done.returncode == 1
    assert "First bad position: 3." in done.stderr


def test_a_cut_tail_is_1_by_the_checkpoint_outside(environment: Environment, demo: Demo) -> None:
    demo.sheet(*LINKED)
    assert manage(environment, "sync").returncode == 0
    head = log.head()
    without_triggers()
    SyncEvent.objects.filter(position=head.position).delete()
    triggers.install()
    connections.close_all()
    done = manage(environment, "verifylog")
    assert done.returncode == 1
    assert f"First bad position: {head.position}." in done.stderr


def test_a_database_that_lets_the_log_be_changed_is_1(environment: Environment) -> None:
    without_triggers()
    connections.close_all()
    done = manage(environment, "verifylog")
    assert done.returncode == 1
    assert "syncevent_no_update" in done.stderr


def test_a_changed_album_is_1_and_named(environment: Environment, demo: Demo) -> None:
    demo.sheet(*LINKED)
    sync_now()
    Album.objects.filter(title="Blue").update(title="Red")
    SyncOperation.objects.update(synced=99)
    connections.close_all()
    done = manage(environment, "rebuild")
    assert done.returncode == 1
    assert "Red" in done.stderr
    assert "2 differences" in done.stderr
