"""The fold: from events to the status, without clock, database or network.

Its twin is `frontend/static/js/status.js`. One set of examples and generated logs drives both
and demands equal results, so a change here is a change there.

The status is the JSON object of the contract, `{"position", "hash", "last_synced_at",
"operation"}`, with these keys of an operation besides the contract's: `added`, `updated`,
`unchanged`, `removed`, `trigger`, `mode`, `sheet`, `requested_at`, `worker`, `attempt`,
`waiting_service`, `waiting_reason`, `cancel_requested_by`, `error` (`{"code", "message",
"remedy", "details"}` of the end `failed`) and `pace`, the samples `[at, albums done]` of the
newest seconds in which an album was done, from which pages work out rate and time left.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from syncengine.events import Event
from syncengine.sentences import headline

Status = dict[str, Any]
Operation = dict[str, Any]

MAX_FAILURES = 100  # the newest; the rest is read from the log
MAX_PACE_SAMPLES = 30  # at most one a second
UNFINISHED_STATES = ("pending", "running", "waiting")


class Gap(ValueError):
    """An event that does not follow the one before it: the reader must read the log again."""


def empty(log_id: str) -> Status:
    """The status before event 1. `log_id` is the `previous_hash` of event 1."""
    return {"position": 0, "hash": log_id, "last_synced_at": None, "operation": None}


def fold(events: Iterable[Event], status: Status) -> Status:
    """The status after `events`, which must follow `status` without a gap; else raises Gap.

    Neither argument is changed: fold(snapshot at N, events after N) == fold(all events).
    """
    for event in events:
        status = apply(status, event)
    return status


def refolded(events: Iterable[Event]) -> Status:
    """The fold of a selection of events, such as those of one operation: gaps are allowed."""
    status = empty("")
    for event in events:
        status = _step(status, event)
    return status


def apply(status: Status, event: Event) -> Status:
    """The status after one more event; raises Gap where it does not follow."""
    if event.position != status["position"] + 1 or event.previous_hash != status["hash"]:
        raise Gap(f"event {event.position} does not follow {status['position']}")
    return _step(status, event)


def _step(status: Status, event: Event) -> Status:
    status = {**status, "position": event.position, "hash": event.hash}
    if event.kind == "requested":
        status["operation"] = _requested(event)
    elif status["operation"] and event.operation == status["operation"]["id"]:
        step = STEPS.get(event.kind)
        if step is None:
            return status
        status["operation"] = step(dict(status["operation"]), event.data, event.at)
    else:
        return status
    operation = status["operation"]
    operation["message"] = headline(operation)
    if event.kind == "completed" and operation["mode"] != "retry":
        status["last_synced_at"] = event.at
    return status


def _requested(event: Event) -> Operation:
    return {
        "id": event.operation,
        "state": "pending",
        "stage": None,
        "sheet": None,
        "message": "",
        "total": None,
        "synced": 0,
        "failed": 0,
        "added": 0,
        "updated": 0,
        "unchanged": 0,
        "removed": 0,
        "failures": [],
        "requested_by": event.data["by"],
        "trigger": event.data["trigger"],
        "mode": event.data["scope"]["mode"],
        "requested_at": event.at,
        "started_at": None,
        "finished_at": None,
        "waiting_until": None,
        "waiting_service": None,
        "waiting_reason": None,
        "worker": None,
        "attempt": 0,
        "cancel_requested_by": None,
        "error": None,
        "pace": [],
    }


def _started(operation: Operation, data: Mapping[str, Any], at: str) -> Operation:
    return operation | {
        "state": "running",
        "worker": data["worker"],
        "attempt": data["attempt"],
        "started_at": operation["started_at"] or at,
        "waiting_until": None,
        "waiting_service": None,
        "waiting_reason": None,
    }


def _stage_started(operation: Operation, data: Mapping[str, Any], at: str) -> Operation:
    return operation | {name: data[name] for name in ("stage", "total", "sheet")}


def _album_synced(operation: Operation, data: Mapping[str, Any], at: str) -> Operation:
    operation["synced"] += 1
    operation[data["outcome"]] += 1
    return _paced(operation, at)


def _albums_unchanged(operation: Operation, data: Mapping[str, Any], at: str) -> Operation:
    operation["synced"] += len(data["albums"])
    operation["unchanged"] += len(data["albums"])
    return _paced(operation, at)


def _album_failed(operation: Operation, data: Mapping[str, Any], at: str) -> Operation:
    failure = {
        name: data[name] for name in ("row", "key", "artist", "title", "code", "message", "remedy")
    }
    operation["failed"] += 1
    operation["failures"] = [*operation["failures"], failure][-MAX_FAILURES:]
    return _paced(operation, at)


def _album_removed(operation: Operation, data: Mapping[str, Any], at: str) -> Operation:
    operation["removed"] += 1
    return operation


def _waiting(operation: Operation, data: Mapping[str, Any], at: str) -> Operation:
    return operation | {
        "state": "waiting",
        "waiting_until": data["until"],
        "waiting_service": data["service"],
        "waiting_reason": data["reason"],
    }


def _cancel_requested(operation: Operation, data: Mapping[str, Any], at: str) -> Operation:
    return operation | {"cancel_requested_by": data["by"]}


def _completed(operation: Operation, data: Mapping[str, Any], at: str) -> Operation:
    return _ended(operation, "completed", at) | dict(data)


def _failed(operation: Operation, data: Mapping[str, Any], at: str) -> Operation:
    return _ended(operation, "failed", at) | {"error": dict(data)}


def _cancelled(operation: Operation, data: Mapping[str, Any], at: str) -> Operation:
    return _ended(operation, "cancelled", at)


def _ended(operation: Operation, state: str, at: str) -> Operation:
    return operation | {
        "state": state,
        "finished_at": at,
        "waiting_until": None,
        "waiting_service": None,
        "waiting_reason": None,
    }


def _paced(operation: Operation, at: str) -> Operation:
    """Keep one sample a second, so that the status stays small at any rate."""
    second = at[:19]
    earlier = operation["pace"]
    if earlier and earlier[-1][0][:19] == second:
        earlier = earlier[:-1]
    else:  # a clock that was set back may come to the same second again
        earlier = [sample for sample in earlier if sample[0][:19] != second]
    done = operation["synced"] + operation["failed"]
    operation["pace"] = [*earlier, [at, done]][-MAX_PACE_SAMPLES:]
    return operation


STEPS: Mapping[str, Callable[[Operation, Mapping[str, Any], str], Operation]] = {
    "started": _started,
    "resumed": _started,
    "stage-started": _stage_started,
    "album-synced": _album_synced,
    "albums-unchanged": _albums_unchanged,
    "album-failed": _album_failed,
    "album-removed": _album_removed,
    "waiting": _waiting,
    "cancel-requested": _cancel_requested,
    "completed": _completed,
    "failed": _failed,
    "cancelled": _cancelled,
}
