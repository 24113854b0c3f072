"""The head of the log, kept outside the database."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from albums.sources.errors import NetworkError
from syncengine import checkpoints, log, operations
from syncengine.models import LogHead, SyncEvent
from syncengine.schemas import END_KINDS
from syncengine.verify import verify
from tests.databases import Databases
from tests.histories import audit, begin, write_history

pytestmark = pytest.mark.usefixtures("database")


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in checkpoints.path().read_text().splitlines()]


def test_there_is_none_before_a_sync_has_ended() -> None:
    checkpoints.record()
    begin()
    audit("verified")
    checkpoints.record()
    assert not checkpoints.path().exists()
    assert checkpoints.stored() == []


def test_each_end_of_a_sync_is_written_once() -> None:
    ends = [
        operations.complete,
        lambda claim: operations.cancel(claim.operation, "bob"),
        lambda claim: operations.fail(claim, NetworkError()),
    ]
    for number, end in enumerate(ends, start=1):
        claim = begin()
        end(claim)
        checkpoints.record()
        checkpoints.record()
        audit("exported")
        checkpoints.record()
        assert len(lines()) == number
    rows = SyncEvent.objects.filter(kind__in=END_KINDS).order_by("position")
    assert len(rows) == 3
    log_id = log.head().log_id
    assert lines() == [
        {
            "log": log_id,
            "database": checkpoints._database(),
            "position": row.position,
            "hash": row.hash,
            "at": row.as_event().at,
        }
        for row in rows
    ]


def test_one_that_a_crash_prevented_is_caught_up_with() -> None:
    operations.complete(begin())  # and dies before it could write
    claim = begin()
    checkpoints.record()
    assert [line["position"] for line in lines()] == [3]
    operations.complete(claim)
    checkpoints.record()
    assert [line["position"] for line in lines()] == [3, 6]


@pytest.mark.parametrize("kept_bytes", [1, 20, 100, -1])
def test_a_line_that_a_crash_cut_is_passed_over_and_spoils_no_other(kept_bytes: int) -> None:
    for _ in range(2):
        operations.complete(begin())
        checkpoints.record()
    first, second = checkpoints.path().read_bytes().splitlines(keepends=True)
    checkpoints.path().write_bytes(first + second[:kept_bytes].rstrip(b"\n"))
    whole = 2 if kept_bytes == -1 else 1  # only the newline is gone
    assert [mark.position for mark in checkpoints.stored()] == [3, 6][:whole]
    operations.complete(begin())
    checkpoints.record()
    assert [mark.position for mark in checkpoints.stored()] == [*[3, 6][:whole], 9]
    assert verify().is_sound


def test_no_empty_line_is_written_where_none_was_cut() -> None:
    for _ in range(3):
        operations.complete(begin())
        checkpoints.record()
    assert checkpoints.path().read_bytes().count(b"\n") == 3


JUNK = [
    b"\n",
    b"\xff\xfe\n",
    b"null\n",
    b"[]\n",
    b"5\n",
    b"{}\n",
    b'{"log": "LOG"}\n',
    b'{"log": "LOG", "position": null, "hash": "x"}\n',
    b'{"log": "LOG", "position": Infinity, "hash": "x"}\n',
    b'{"log": "LOG", "position": "x", "hash": "x"}\n',
]


@pytest.mark.parametrize("junk", JUNK)
def test_lines_that_are_none_are_passed_over(junk: bytes) -> None:
    operations.complete(begin())
    checkpoints.record()
    line = checkpoints.path().read_bytes()
    junk = junk.replace(b"LOG", log.head().log_id.encode())
    checkpoints.path().write_bytes(junk + line + junk)
    assert [mark.position for mark in checkpoints.stored()] == [3]
    assert verify().is_sound


def test_lines_of_other_logs_are_ignored() -> None:
    path = checkpoints.path()
    entry = {"log": "f" * 64, "position": 10**6, "hash": "e" * 64, "at": ""}
    path.write_text(json.dumps(entry) + "\n")
    assert checkpoints.stored() == []
    operations.complete(begin())
    checkpoints.record()
    assert [mark.position for mark in checkpoints.stored()] == [3]
    assert verify().is_sound


def test_by_default_each_log_has_a_file_of_its_own(settings: LazySettings, tmp_path: Path) -> None:
    settings.CHECKPOINT_FILE, settings.VAR_DIR = "", tmp_path / "var"
    write_history()
    checkpoints.record()
    (file,) = (tmp_path / "var").iterdir()
    assert file.name == f"checkpoints-{log.head().log_id}.jsonl"


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    """Checkpoints go where they go by default, one file a log."""
    settings.CHECKPOINT_FILE, settings.VAR_DIR = "", tmp_path / "var"
    return tmp_path / "var"


def test_another_log_in_the_place_of_this_one_is_noticed(folder: Path) -> None:
    write_history()
    checkpoints.record()
    LogHead.objects.update(log_id="a" * 64)
    other = checkpoints.replaced()
    assert other is not None and other.position == SyncEvent.objects.filter(
        kind__in=END_KINDS
    ).values_list("position", flat=True).latest("position")
    assert verify().first_bad == 1
    next(folder.iterdir()).rename(folder / "kept-aside.jsonl")
    assert checkpoints.replaced() is None


def test_logs_of_other_databases_in_the_same_folder_are_none_of_its_business(
    folder: Path, databases: Databases
) -> None:
    """The demo's beside one's own, or a backup that was restored beside what it is a backup of."""
    for _ in range(2):
        with databases.fresh():
            become_another_log()
            operations.complete(begin())
            checkpoints.record()
            assert verify().is_sound, verify().problems
    assert len(list(folder.iterdir())) == 2


def test_one_file_for_several_databases_is_read_by_their_places(databases: Databases) -> None:
    for _ in range(2):
        with databases.fresh():
            become_another_log()
            operations.complete(begin())
            checkpoints.record()
            assert verify().is_sound, verify().problems


def become_another_log() -> None:
    """The test's databases are copies of one, before its first event."""
    log_id = secrets.token_hex(32)
    status = json.dumps(log.current_status() | {"hash": log_id})
    LogHead.objects.update(log_id=log_id, hash=log_id, status=status)


def test_checkpoints_without_a_place_say_nothing_of_other_logs() -> None:
    entry = {"log": "f" * 64, "position": 5, "hash": "e" * 64, "at": ""}
    checkpoints.path().write_text(json.dumps(entry) + "\n")
    assert checkpoints.replaced() is None
