"""The fold: the same from every cut, pure, and strict about what follows what."""

import copy
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example as explicit
from hypothesis import given
from hypothesis import strategies as st

from syncengine.events import Event, canonical
from syncengine.projection import (
    MAX_FAILURES,
    MAX_PACE_SAMPLES,
    Gap,
    Status,
    apply,
    empty,
    fold,
    refolded,
)
from syncengine.schemas import END_KINDS
from syncengine.sentences import sentence
from tests.logs import event_logs

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
STATES = {"pending", "running", "waiting", "completed", "failed", "cancelled"}
# What may follow what within one operation; a new one begins with pending.
NEXT = {
    "pending": {"pending", "running", "cancelled"},
    "running": {"running", "waiting", "completed", "failed", "cancelled"},
    "waiting": {"waiting", "running", "completed", "failed", "cancelled"},
    "completed": {"completed"},
    "failed": {"failed"},
    "cancelled": {"cancelled"},
}


def start_of(log: list[Event]) -> Status:
    return empty(log[0].previous_hash if log else "0" * 64)


def statuses(log: list[Event]) -> list[Status]:
    """The status before the log and after each event."""
    found = [start_of(log)]
    for event in log:
        found.append(apply(found[-1], event))
    return found


@given(event_logs())
def test_a_snapshot_and_the_rest_make_the_whole_from_every_cut(log: list[Event]) -> None:
    whole = fold(log, start_of(log))
    snapshots = statuses(log)
    assert snapshots[-1] == whole
    cuts = range(len(log) + 1) if len(log) <= 40 else range(0, len(log) + 1, len(log) // 20)
    for cut in cuts:
        snapshot = json.loads(json.dumps(snapshots[cut]))  # as it travels
        assert snapshot == snapshots[cut] == fold(log[:cut], start_of(log))
        assert fold(log[cut:], snapshot) == whole


@given(event_logs())
def test_the_arguments_are_never_changed(log: list[Event]) -> None:
    status = start_of(log)
    for event in log:
        given_status, given_event = copy.deepcopy(status), copy.deepcopy(event)
        after = apply(status, event)
        assert status == given_status
        assert event == given_event
        assert after is not status
        status = after


@given(event_logs().filter(bool), st.data())
def test_a_gap_a_repeat_and_a_foreign_event_are_noticed(
    log: list[Event], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(log) - 1), label="at")
    before = fold(log[:at], start_of(log))
    foreign_hash = replace(log[at], previous_hash="of another log")
    bad = {
        "foreign": [foreign_hash],
        "repeated": [log[at], log[at]],
        "too early": [replace(log[at], position=at)],
        "too late": [replace(log[at], position=at + 2)],
        "left out": log[at + 1 : at + 2] or [foreign_hash],
        "swapped": [*log[at + 1 : at + 2], log[at], log[at]],
    }
    for what, events in bad.items():
        with pytest.raises(Gap):
            fold(events, before)
            raise AssertionError(what)


@given(event_logs())
def test_the_keys_of_the_contract_are_always_there_with_their_types(log: list[Event]) -> None:
    for status in statuses(log):
        check_status(status)


def check_status(status: Status) -> None:
    assert status.keys() == {"position", "hash", "last_synced_at", "operation"}
    assert type(status["position"]) is int
    assert re.fullmatch("[0-9a-f]{64}", status["hash"])
    check_instants(status, "last_synced_at")
    operation = status["operation"]
    if operation is None:
        return
    assert re.fullmatch("[0-9a-f-]{36}", operation["id"])
    assert operation["state"] in STATES
    assert operation["stage"] in {None, "sheet", "spotify", "albums"}
    assert operation["total"] is None or type(operation["total"]) is int
    assert type(operation["synced"]) is type(operation["failed"]) is int
    assert isinstance(operation["message"], str)
    assert operation["message"]
    assert isinstance(operation["requested_by"], str)
    check_instants(operation, "started_at", "finished_at", "waiting_until", "requested_at")
    for failure in operation["failures"]:
        texts = {"artist", "title", "code", "message", "remedy", "key"}
        assert failure.keys() == {"row", *texts}
        assert type(failure["row"]) is int
        assert all(isinstance(failure[name], str) for name in texts)


def check_instants(holder: dict[str, Any], *names: str) -> None:
    for name in names:
        assert holder[name] is None or INSTANT.fullmatch(holder[name]), name


@given(event_logs())
def test_a_status_can_be_stored(log: list[Event]) -> None:
    assert json.loads(canonical(fold(log, start_of(log))))


@given(event_logs())
def test_states_follow_each_other_as_they_may(log: list[Event]) -> None:
    before: dict[str, Any] | None = None
    for event, status in zip(log, statuses(log)[1:], strict=True):
        operation = status["operation"]
        if before and operation["id"] == before["id"]:
            assert operation["state"] in NEXT[before["state"]]
        elif operation:
            assert event.kind == "requested"
            assert operation["state"] == "pending"
            assert before is None or before["finished_at"]
        if operation:
            ended = operation["state"] in END_KINDS
            assert ended == (operation["finished_at"] is not None)
            assert (operation["state"] == "waiting") == (operation["waiting_until"] is not None)
            assert (operation["state"] == "failed") == (operation["error"] is not None)
            assert operation["state"] == "pending" or ended or operation["started_at"]
        before = operation


@given(event_logs())
def test_counts_only_rise_and_add_up(log: list[Event]) -> None:
    before: dict[str, Any] | None = None
    for status in statuses(log):
        operation = status["operation"]
        if operation is None:
            continue
        done = operation["synced"] + operation["failed"]
        outcomes = operation["added"] + operation["updated"] + operation["unchanged"]
        assert operation["synced"] == outcomes
        assert operation["total"] is None or done <= operation["total"]
        assert len(operation["failures"]) == min(operation["failed"], MAX_FAILURES)
        assert len(operation["pace"]) <= MAX_PACE_SAMPLES
        if before and before["id"] == operation["id"]:
            for name in ("synced", "failed", "added", "updated", "unchanged", "removed"):
                assert operation[name] >= before[name]
        before = operation


@given(event_logs())
def test_the_counts_of_the_end_are_those_that_were_counted(log: list[Event]) -> None:
    snapshots = statuses(log)
    for event, before in zip(log, snapshots, strict=False):
        if event.kind in {"completed", "cancelled"}:
            counted = {name: before["operation"][name] for name in ("synced", "failed")}
            assert event.data | counted == event.data


@given(event_logs())
def test_failures_are_the_newest_in_the_order_of_the_log(log: list[Event]) -> None:
    operation = fold(log, start_of(log))["operation"]
    if operation:
        own = [e for e in log if e.operation == operation["id"] and e.kind == "album-failed"]
        rows = [event.data["row"] for event in own]
        assert [failure["row"] for failure in operation["failures"]] == rows[-MAX_FAILURES:]


@given(event_logs())
def test_last_synced_is_the_end_of_the_newest_completed_sync_of_everything(
    log: list[Event],
) -> None:
    modes = {e.operation: e.data["scope"]["mode"] for e in log if e.kind == "requested"}
    ends = [e.at for e in log if e.kind == "completed" and modes[e.operation] != "retry"]
    assert fold(log, start_of(log))["last_synced_at"] == (ends[-1] if ends else None)


@given(event_logs())
def test_an_auditors_act_changes_the_position_only(log: list[Event]) -> None:
    for event, before in zip(log, statuses(log), strict=False):
        if event.operation is None:
            moved = {"position": event.position, "hash": event.hash}
            assert apply(before, event) == before | moved


@given(event_logs())
def test_events_of_one_operation_alone_fold_to_the_same(log: list[Event]) -> None:
    operation = fold(log, start_of(log))["operation"]
    if operation:
        own = [event for event in log if event.operation == operation["id"]]
        assert refolded(own)["operation"] == operation


@given(event_logs())
def test_an_event_of_another_operation_or_of_an_unknown_kind_changes_nothing_else(
    log: list[Event],
) -> None:
    status = fold(log, start_of(log))
    follower = Event(
        position=status["position"] + 1,
        operation=status["operation"] and status["operation"]["id"],
        kind="album-merged",
        version=7,
        at="2026-11-22T19:23:51.000120Z",
        data={"anything": [None]},
        previous_hash=status["hash"],
        hash="a" * 64,
    )
    moved = {"position": follower.position, "hash": "a" * 64}
    assert apply(status, follower) == status | moved
    stranger = replace(follower, kind="cancel-requested", operation="b" * 36, data={"by": "x"})
    assert apply(status, stranger) == status | moved


@given(event_logs())
def test_every_event_has_a_sentence(log: list[Event]) -> None:
    for event in log:
        assert sentence(event.kind, event.data)


@given(st.lists(st.sampled_from([0, 0, 1, 30]), min_size=35, max_size=60))
@explicit([1] * 60)
def test_pace_holds_one_sample_a_second_of_the_newest_thirty(gaps_s: list[int]) -> None:
    second, status = 0, fold(begun(), empty("0" * 64))
    for number, gap_s in enumerate(gaps_s, start=1):
        second += gap_s
        minutes, seconds = divmod(second, 60)
        at = f"2026-11-22T{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.000000Z"
        status = apply(status, synced_after(status, at, number))
    samples = status["operation"]["pace"]
    assert len(samples) == min(30, len(set(running_sums(gaps_s))))
    assert samples[-1][1] == len(gaps_s)
    assert len({at[:19] for at, _ in samples}) == len(samples)


def running_sums(numbers: list[int]) -> list[int]:
    return [sum(numbers[: n + 1]) for n in range(len(numbers))]


def begun() -> list[Event]:
    scope = {"mode": "full", "keys": [], "confirm": None}
    data = {"by": "ann", "trigger": "button", "scope": scope}
    at = "2026-11-22T00:00:00.000000Z"
    return [Event(1, "op", "requested", 1, at, data, "0" * 64, "1" * 64)]


def synced_after(status: Status, at: str, number: int) -> Event:
    data = {"outcome": "added", "n": number, "total": 100}
    digest = f"{number + 1:064x}"
    position = status["position"] + 1
    return Event(position, "op", "album-synced", 1, at, data, status["hash"], digest)
