"""Whoever changes the record with the database in his hands is found, at the position where."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, Error, connection, transaction
from hypothesis import assume, given, reject
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from syncengine import checkpoints, guard, log, operations
from syncengine.events import canonical, chain_hash
from syncengine.models import LogHead, SyncEvent
from syncengine.projection import empty, fold
from syncengine.triggers import TABLE
from syncengine.verify import Report, verify
from tests.amount import examples
from tests.chain import hash_of, json_text
from tests.histories import begin
from tests.tampering import (
    COLUMNS,
    as_stored,
    drop_triggers,
    forge,
    insert,
    on_postgresql,
    raw,
    row_at,
)

NUMBERS = {"position", "version"}
UUIDS = {"operation", "album"}


@pytest.fixture
def open_history(history: int) -> int:
    """A log that a checkpoint knows the end of, and whose triggers somebody has dropped."""
    checkpoints.record()
    drop_triggers()
    return history


@pytest.fixture
def triggers_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the missing triggers not be what is found."""
    monkeypatch.setattr("syncengine.triggers.missing", list)


def verifylog() -> None:
    call_command("verifylog", stdout=StringIO(), stderr=StringIO())


def found_at(position: int) -> None:
    """`verifylog` exits with 1 and names `position` as the first bad one."""
    with pytest.raises(CommandError, match=rf"First bad position: {position}\.") as error:
        verifylog()
    assert error.value.returncode == 1


@contextmanager
def undone() -> Iterator[None]:
    """What the block changes of rows is as before behind it."""
    before = {position: row_at(position) for (position,) in raw(f"SELECT position FROM {TABLE}")}
    yield
    raw(f"DELETE FROM {TABLE}")
    for row in before.values():
        insert(row)


def update(position: int, column: str, value: Any) -> None:
    raw(f"UPDATE {TABLE} SET {column} = %s WHERE position = %s", value, position)


def test_an_untouched_log_passes(history: int) -> None:
    checkpoints.record()
    out = StringIO()
    call_command("verifylog", stdout=out)
    assert out.getvalue() == f"The log holds from position 1 to {history}.\n"


def test_checkpoints_that_cannot_be_read_are_told(history: int) -> None:
    checkpoints.path().unlink()
    checkpoints.path().mkdir()
    assert [problem.split(":")[0] for problem in verify().problems] == [
        "the checkpoints cannot be read"
    ]


def test_an_empty_log_passes(database: str) -> None:
    verifylog()


def test_a_database_that_goes_away_meanwhile_is_no_fault_of_the_log(
    history: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncengine.verify.PAGE_EVENTS", 2)
    with pytest.raises(Error):
        verify(lambda position: connection.connection.close())
    connection.close()
    assert verify().is_sound


def test_dropped_triggers_alone_are_found(open_history: int) -> None:
    with pytest.raises(CommandError):
        verifylog()
    assert verify().first_bad is None


def mutations(column: str, value: Any) -> Iterator[Any]:
    """Values that differ from `value` in one byte, in one digit, or by being there at all."""
    if column in NUMBERS:
        yield value + 1000
        if column == "version":
            yield from (0, 2)
    elif column == "at":
        if on_postgresql():
            yield from (value.replace(microsecond=value.microsecond ^ 1), value.replace(year=1999))
        else:
            text = str(value)
            yield from (flipped(text, index) for index in range(len(text)))
    elif column in UUIDS:
        text = "".join(c for c in str(value or "") if c != "-")
        if value is None:
            yield "0" * 32
        else:
            yield None
            yield from (flipped_digit(text, index) for index in range(0, len(text), 5))
            if not on_postgresql() and text.upper() != text:
                yield text.upper()
    else:
        yield value[:-1] if column in {"previous_hash", "hash"} else f"{value}x"
        yield from (flipped(value, index) for index in range(len(value)))


def flipped(text: str, index: int) -> str:
    return text[:index] + chr(ord(text[index]) ^ 1) + text[index + 1 :]


def flipped_digit(text: str, index: int) -> str:
    return text[:index] + f"{int(text[index], 16) ^ 1:x}" + text[index + 1 :]


@pytest.mark.usefixtures("triggers_aside")
@pytest.mark.parametrize("column", COLUMNS[1:])
def test_any_byte_of_any_column_of_an_event(open_history: int, column: str) -> None:
    """Every byte of three events, and one byte of all the others."""
    whole = {4, 6, open_history}
    for position in range(1, open_history + 1):
        row = stored_row(position)
        for number, value in enumerate(mutations(column, row[column])):
            if value == row[column] or (position not in whole and number > 1):
                continue
            update(position, column, value)
            report = verify()
            assert report.first_bad == position, (position, column, value)
            assert report.holds_to < position
        update(position, column, row[column])
    assert verify().is_sound


@pytest.mark.usefixtures("triggers_aside")
@hypothesis_settings(max_examples=examples(60))
@given(
    column=st.sampled_from(COLUMNS),
    where=st.floats(0, 1, exclude_max=True),
    byte=st.floats(0, 1, exclude_max=True),
    bits=st.integers(1, 255),
)
def test_any_bits_of_any_byte(
    open_history: int, column: str, where: float, byte: float, bits: int
) -> None:
    position, before = 1 + int(where * open_history), as_stored()
    value = stored_row(position)[column]
    assume(value not in (None, ""))
    text = bytearray(str(value).encode())
    text[int(byte * len(text))] ^= bits
    with rolled_back():
        try:
            overwrite(position, column, bytes(text))
        except (DatabaseError, ValueError):
            reject()  # the column cannot hold that
        assume(has_changed(before))
        report = verify()
        assert report.first_bad is not None, (position, column, text)
        assert report.first_bad <= position + 1


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def has_changed(before: list[tuple[Any, ...]]) -> bool:
    """False where other bytes are the same value, such as a digit of a UUID in capitals."""
    try:
        return as_stored() != before
    except DatabaseError:
        return True  # what was written is no text


def overwrite(position: int, column: str, text: bytes) -> None:
    """Store these bytes, also where they are no text."""
    if on_postgresql():
        update(position, column, text.decode("latin-1"))
    else:
        raw(f"UPDATE {TABLE} SET {column} = CAST(%s AS text) WHERE position = %s", text, position)


def stored_row(position: int) -> dict[str, Any]:
    """A row as it is stored: times and UUIDs as text on SQLite, without a converter between."""
    if on_postgresql():
        return row_at(position)
    columns = ", ".join(c if c in NUMBERS else f"CAST({c} AS text)" for c in COLUMNS)
    (values,) = raw(f"SELECT {columns} FROM {TABLE} WHERE position = %s", position)
    return dict(zip(COLUMNS, values, strict=True))


@pytest.mark.usefixtures("triggers_aside")
@pytest.mark.parametrize("column", COLUMNS[1:])
def test_text_that_is_none_is_found_and_not_stumbled_over(open_history: int, column: str) -> None:
    if on_postgresql():
        pytest.skip("PostgreSQL does not store it")
    for junk in ("CAST(x'ff00fe' AS TEXT)", "x'00'", "''", "'{'", "'9'", "1.5"):
        stored = stored_row(5)
        raw(f"UPDATE {TABLE} SET {column} = {junk} WHERE position = 5")
        if stored_row_or_none(5) != stored:
            found_at(5)
        update(5, column, stored[column])
    verifylog()


def stored_row_or_none(position: int) -> dict[str, Any] | None:
    try:
        return stored_row(position)
    except Exception:  # what was written is no text
        return None


@pytest.mark.usefixtures("triggers_aside")
@pytest.mark.parametrize("column", COLUMNS[1:])
def test_bytes_in_the_place_of_the_same_text_are_found(open_history: int, column: str) -> None:
    if on_postgresql():
        pytest.skip("PostgreSQL does not store them")
    if column == "version":
        pytest.skip("SQLite stores the digits as a number")
    for position in (1, 5, open_history):
        stored = stored_row(position)[column]
        if stored not in (None, ""):
            sql = f"UPDATE {TABLE} SET {column} = CAST({column} AS BLOB) WHERE position = %s"
            raw(sql, position)
            found_at(position)
            update(position, column, stored)
    verifylog()


@pytest.mark.usefixtures("triggers_aside")
@pytest.mark.parametrize("data", ["", "{", "[]", "null", "7", '"album"', '{"album":7}', "[" * 9000])
def test_data_that_no_event_has_is_found_though_its_hash_is_right(
    open_history: int, data: str
) -> None:
    event = SyncEvent.objects.get(position=open_history).as_event()
    parts = (event.previous_hash, event.position, event.operation, event.kind, event.version)
    digest = chain_hash(*parts, event.at, data)
    update(open_history, "data", data)
    update(open_history, "hash", digest)
    LogHead.objects.update(hash=digest)
    checkpoints.path().unlink()
    found_at(open_history)


FORGED = (
    *("{}", '{"a":1}', '{"a":NaN}', '{"a":1e999}', '{"a":' + "[" * 150 + "]" * 150 + "}"),
    *('{"album":null}', '{"by":"ann","what":[]}'),
)


@pytest.mark.usefixtures("triggers_aside")
@pytest.mark.parametrize("data", FORGED, ids=lambda data: data[:30])
def test_an_event_that_is_none_of_its_kind_is_found_though_every_hash_is_right(
    open_history: int, data: str
) -> None:
    checkpoints.path().unlink()
    for event in log.events_after(0):
        with undone(), head_as_before():
            forge(event.position, data)
            found_at(event.position)
    verifylog()


@pytest.mark.usefixtures("triggers_aside")
@pytest.mark.parametrize("changes", [{"changes": 5}, {"changes": {"a": 1}}, {"outcome": {}}])
def test_an_album_that_is_none_is_found_though_every_hash_is_right(
    open_history: int, changes: dict[str, Any]
) -> None:
    row = SyncEvent.objects.filter(kind="album-synced").first()
    assert row is not None
    forge(row.pk, canonical(json.loads(row.data) | changes))
    found_at(row.pk)


def test_what_only_the_fold_stumbles_over_is_found(
    open_history: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncengine.verify.is_outlined", lambda *event: True)
    (row,) = SyncEvent.objects.filter(kind="album-synced")[:1]
    forge(row.pk, "{}")
    found_at(row.pk)
    assert verify().holds_to == row.pk - 1


def test_whatever_a_verification_stumbles_over_is_a_finding(
    history: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(progress: object) -> Report:
        return {}["worker"]

    monkeypatch.setattr(guard, "verify", stumble)
    with pytest.raises(CommandError, match="does not hold"):
        verifylog()
    finding = guard.finding()
    assert finding is not None
    assert "KeyError: 'worker'" in finding.problem


@contextmanager
def head_as_before() -> Iterator[None]:
    before = log.head()
    yield
    before.save()


@pytest.mark.usefixtures("triggers_aside")
def test_a_deleted_event(open_history: int) -> None:
    for position in range(1, open_history + 1):
        with undone():
            raw(f"DELETE FROM {TABLE} WHERE position = %s", position)
            found_at(position)
    verifylog()


@pytest.mark.usefixtures("triggers_aside")
def test_two_events_swapped(open_history: int) -> None:
    for first, second in [(1, 2), (4, 9), (open_history - 1, open_history)]:
        with undone():
            update(first, "position", 10_000)
            update(second, "position", first)
            update(10_000, "position", second)
            found_at(first)


@pytest.mark.usefixtures("triggers_aside")
@pytest.mark.parametrize("position", [0, -1, 1_000])
def test_an_event_inserted_outside_the_log(open_history: int, position: int) -> None:
    insert(row_at(3) | {"position": position})
    found_at(open_history + 1 if position > 0 else 0)


@pytest.mark.usefixtures("triggers_aside")
def test_an_event_inserted_within_the_log(open_history: int) -> None:
    for position in range(open_history, 3, -1):
        update(position, "position", position + 1)
    insert(row_at(3) | {"position": 4})
    found_at(4)


@pytest.mark.usefixtures("triggers_aside")
def test_an_event_appended_past_the_one_door(open_history: int) -> None:
    insert(row_at(3) | {"position": open_history + 1})
    found_at(open_history + 1)


@pytest.mark.usefixtures("triggers_aside")
def test_a_tail_that_was_cut(open_history: int) -> None:
    raw(f"DELETE FROM {TABLE} WHERE position > 8")
    found_at(9)


@pytest.mark.usefixtures("triggers_aside")
def test_a_tail_that_was_cut_with_head_and_status_set_back(open_history: int) -> None:
    raw(f"DELETE FROM {TABLE} WHERE position > 8")
    set_head_back()
    found_at(9)
    checkpoints.path().unlink()
    assert verify().is_sound, "nothing but the checkpoint could tell"


@pytest.mark.usefixtures("triggers_aside")
@pytest.mark.parametrize("changed", [1, 3, 8])
def test_a_whole_chain_rewritten_consistently(open_history: int, changed: int) -> None:
    rewrite(changed)
    checkpoint = checkpoints.stored()[0].position
    found_at(checkpoint)
    # Adding a checkpoint of his own does not help whoever did it.
    with checkpoints.path().open("a") as file:
        hash_now = row_at(checkpoint)["hash"]
        entry = {"log": log.head().log_id, "position": checkpoint, "hash": hash_now, "at": ""}
        file.write(json.dumps(entry) + "\n")
    found_at(checkpoint)
    checkpoints.path().unlink()
    assert verify().is_sound, "nothing but the checkpoint could tell"


@pytest.mark.usefixtures("triggers_aside")
@pytest.mark.parametrize("file", ["one of its own", "one a log"])
def test_a_whole_chain_rewritten_under_another_log_id(
    open_history: int, settings: LazySettings, tmp_path: Path, file: str
) -> None:
    if file == "one a log":
        settings.CHECKPOINT_FILE, settings.VAR_DIR = "", tmp_path / "var"
        checkpoints.record()
    rewrite(0, log_id="a" * 64)
    found_at(1)
    operations.complete(begin())  # what the forger's log goes on with does not hide it
    checkpoints.record()
    found_at(1)


def rewrite(changed: int, log_id: str = "") -> None:
    """Change the time of one event, and every hash from it on, as a careful forger would; with a
    `log_id` from the very beginning on."""
    LogHead.objects.update(log_id=log_id or log.head().log_id)
    previous_hash = log.head().log_id
    for row in SyncEvent.objects.order_by("position"):
        event = row.as_event()
        at = event.at[:-3] + "00Z" if row.position == changed else event.at
        at = at.replace("2026-", "2025-") if row.position == changed else at
        parts = (previous_hash, row.position, event.operation, row.kind, row.version, at)
        digest = hash_of(*parts, event.data)
        stored_at = at[:-1].replace("T", " ") + ("+00" if on_postgresql() else "")
        update(row.position, "at", stored_at)
        update(row.position, "previous_hash", previous_hash)
        update(row.position, "hash", digest)
        previous_hash = digest
    set_head_back()


def convert_a_column() -> None:
    raw(f"ALTER TABLE {TABLE} ALTER COLUMN code TYPE varchar(60) USING 'x'")


def add_a_family() -> None:
    raw(f"CREATE TABLE child () INHERITS ({TABLE})")
    raw(f"INSERT INTO child SELECT * FROM ONLY {TABLE} WHERE position = 3")


def swallow_what_is_appended() -> None:
    raw(f"CREATE RULE swallow AS ON INSERT TO {TABLE} DO INSTEAD NOTHING")
    operations.complete(begin())


@pytest.mark.skipif(not on_postgresql(), reason="PostgreSQL only")
@pytest.mark.parametrize(
    "change", [convert_a_column, add_a_family, swallow_what_is_appended], ids=lambda f: f.__name__
)
def test_what_no_trigger_stops_is_found(history: int, change: Callable[[], None]) -> None:
    """Whoever may define tables gets past every trigger, though not past the chain."""
    change()
    first = {convert_a_column: 1, add_a_family: 4, swallow_what_is_appended: history + 1}
    found_at(first[change])


def set_head_back() -> None:
    """Let head and status say what the log now says."""
    head = LogHead.objects.get()
    events = [row.as_event() for row in SyncEvent.objects.order_by("position")]
    status = fold(events, empty(head.log_id))
    LogHead.objects.update(
        position=status["position"], hash=status["hash"], status=json_text(status)
    )


def change_status(**changes: Any) -> None:
    status = log.current_status()
    status["operation"] |= changes
    LogHead.objects.update(status=json.dumps(status))


STATUS_CHANGES: dict[str, Callable[[], Any]] = {
    "a count": lambda: change_status(synced=7),
    "a number for a number's look": lambda: change_status(synced=False),
    "a key more": lambda: change_status(extra=None),
    "the message": lambda: change_status(message="Sync complete! Updated 47 albums"),
    "no JSON": lambda: LogHead.objects.update(status="{"),
    "empty": lambda: LogHead.objects.update(status="{}"),
}


@pytest.mark.parametrize("what", STATUS_CHANGES)
def test_a_changed_status(history: int, what: str) -> None:
    STATUS_CHANGES[what]()
    with pytest.raises(CommandError) as error:
        verifylog()
    assert error.value.returncode == 1
    assert verify().problems == ["the stored status is not the fold of the log"]
    assert verify().holds_to == history


@pytest.mark.parametrize("column", ["hash", "log_id"])
def test_a_changed_head(history: int, column: str) -> None:
    LogHead.objects.update(**{column: "f" * 64})
    found_at(history if column == "hash" else 1)


@pytest.mark.parametrize("offset", [-1, 1])
def test_a_moved_head(history: int, offset: int) -> None:
    LogHead.objects.update(position=history + offset)
    with pytest.raises(CommandError, match="First bad position"):
        verifylog()


def test_a_sync_that_ends_while_the_log_is_verified_is_no_fault(
    history: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = begin()
    checkpoints.path().unlink()  # else the first look at the head would be for the log's id
    read_head = log.head

    def end_right_after() -> LogHead:
        monkeypatch.setattr(log, "head", read_head)
        head = read_head()
        operations.complete(claim)
        checkpoints.record()
        return head

    monkeypatch.setattr(log, "head", end_right_after)
    report = verify()
    assert report.is_sound, report.problems
    assert report.head < checkpoints.stored()[-1].position


def test_the_whole_log_read_by_sql_alone_has_the_hashes_of_the_design(history: int) -> None:
    at = "at AT TIME ZONE 'UTC'" if on_postgresql() else "at"
    operation = "CAST(operation AS text)"
    rows = raw(
        f"SELECT position, {operation}, kind, version, CAST({at} AS text), data, previous_hash,"
        f" hash FROM {TABLE} ORDER BY position"
    )
    (((log_id,)),) = raw("SELECT log_id FROM syncengine_loghead")
    assert re.fullmatch("[0-9a-f]{64}", log_id)
    assert len(rows) == history
    previous = log_id
    for number, row in enumerate(rows, start=1):
        position, operation, kind, version, at, data, previous_hash, digest = row
        assert position == number
        assert previous_hash == previous
        day, _, time = at.partition(" ")
        seconds, _, decimals = time.partition(".")
        moment = f"{day}T{seconds}.{decimals:<06}Z"
        assert digest == hash_of(
            previous, position, dashed(operation), kind, version, moment, json.loads(data)
        )
        assert json_text(json.loads(data)) == data
        previous = digest
    assert connection.in_atomic_block is False


def dashed(digits: str | None) -> str | None:
    if digits is None or "-" in digits:
        return digits
    parts = re.fullmatch("(.{8})(.{4})(.{4})(.{4})(.{12})", digits)
    assert parts
    return "-".join(parts.groups())
