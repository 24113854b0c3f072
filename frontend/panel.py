"""What the sync panel says about a status, for the first paint and for pages without scripts.

Pure; the live page works out the same with `static/js/panel-view.js`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.text import capfirst

from frontend import words
from syncengine.operations import MAX_RETRY_KEYS
from syncengine.projection import MAX_FAILURES, UNFINISHED_STATES
from syncengine.sentences import REASONS, SERVICES, albums

STEPS = (("sheet", "Google Sheets"), ("spotify", "Spotify"), ("albums", "Albums"))
RESULT_STATES = ("completed", "warnings", "failed", "cancelled")
MARK_WORDS = {"done": "done", "now": "in progress", "todo": "to come"}
RATE_WINDOW_SECONDS = 30
ESTIMATE_AFTER_SECONDS = 10  # earlier, or below this share, an estimate is a guess
ESTIMATE_AFTER_SHARE = 0.05
NO_WORKER = (
    "No worker answers, so this sync does not move. Start one with “manage.py runworker sync”,"
    " or serve with “manage.py serve”, which has one."
)
NO_WORKER_OR_STORAGE = (
    "Nothing has moved since then: either the storage is still full, so free space on it, or no"
    " worker runs, so start one with “manage.py runworker sync” or “manage.py serve”."
)
STORAGE_PATIENCE = timedelta(seconds=15)  # a worker that lives goes on within a few


def panel(status: Mapping[str, Any], now: datetime, worker_missing: bool = False) -> dict[str, Any]:
    """The panel's parts. Empty text where a part has nothing to say in this state.

    `worker_missing`: no worker has been seen for a while.
    """
    operation = status["operation"]
    state = panel_state(operation)
    busy = state in UNFINISHED_STATES
    per_second = rate(operation, now) if busy else None
    left = seconds_left(operation, per_second, now) if per_second else None
    missing = _missing(operation, now) if busy and worker_missing else ""
    return {
        "state": state,
        "busy": busy,
        "headline": operation["message"] if busy or state == "failed" else "",
        "result": _result(operation, state),
        "last_label": "Last synced: " if status["last_synced_at"] else "Never synced",
        "last_synced_at": status["last_synced_at"],
        "steps": steps(operation["stage"] if operation else None),
        "bar": bar(operation, left) if busy else None,
        "figures": _figures(operation, state),
        "rate": words.pace(per_second) if per_second else "",
        "left": words.time_left(left) if left is not None else "",
        "stuck": bool(missing),
        "remark": missing or _remark(operation, state),
        "until": operation["waiting_until"] if busy and not missing else None,
        "can_cancel": busy and not operation["cancel_requested_by"],
        **_further_acts(operation, state),
        "duration": _duration(operation),
    }


def _missing(operation: Mapping[str, Any], now: datetime) -> str:
    """What is said of an operation whose worker has not been seen for a while. During a wait for
    storage it may well be alive, and only cannot write that it is."""
    if operation["waiting_reason"] != "storage":
        return NO_WORKER
    over = datetime.fromisoformat(operation["waiting_until"]) + STORAGE_PATIENCE
    return NO_WORKER_OR_STORAGE if now > over else ""


def panel_state(operation: Mapping[str, Any] | None) -> str:
    """The operation's state, `warnings` for a completed one with failed albums, or `never`."""
    if operation is None:
        return "never"
    if operation["state"] == "completed" and operation["failed"]:
        return "warnings"
    return str(operation["state"])


def steps(stage: str | None) -> list[dict[str, str]]:
    names = [name for name, _ in STEPS]
    current = names.index(stage) if stage in names else -1
    marks = ["done" if i < current else "now" if i == current else "todo" for i in range(3)]
    return [
        {"name": name, "label": label, "mark": mark, "word": MARK_WORDS[mark]}
        for (name, label), mark in zip(STEPS, marks, strict=True)
    ]


def bar(operation: Mapping[str, Any], left: float | None) -> dict[str, Any]:
    """Without `max` the bar is indeterminate: nobody knows yet how many albums there are."""
    total = operation["total"]
    if not total:
        return {"max": None, "text": operation["message"], "synced": 0, "failed": 0}
    done = operation["synced"] + operation["failed"]
    parts = [f"{done} of {albums(total)}"]
    if operation["failed"]:
        parts.append(f"{operation['failed']} failed")
    if left is not None:
        parts.append(words.time_left(left))
    return {
        "max": total,
        "now": done,
        "text": ", ".join(parts),
        "synced": percent(operation["synced"], total),
        "failed": percent(operation["failed"], total),
    }


def percent(part: int, whole: int) -> str:
    """As an SVG length, since a style attribute is refused by the content security policy."""
    return f"{100 * part / whole:.2f}%" if whole else "0%"


def rate(operation: Mapping[str, Any], now: datetime) -> float | None:
    """Albums a second over the newest 30 s; None until there are two samples in them.

    The clocks of workers and servers may jump and differ: the window ends at the newest sample
    where that is later than `now`, what claims to be later still is left out, and where the newest
    sample is too old by `now` nothing is known.
    """
    pace: list[tuple[str, int]] = operation["pace"]
    samples = [(datetime.fromisoformat(at), done) for at, done in pace]
    if len(samples) < 2:
        return None
    newest_at, done = samples[-1]
    end = max(now, newest_at)
    window = timedelta(seconds=RATE_WINDOW_SECONDS)
    first_at, first_done = next(
        (sample for sample in samples if timedelta() <= end - sample[0] <= window), samples[-1]
    )
    elapsed: float = (end - first_at).total_seconds()
    if first_done == done or end - newest_at > window or elapsed <= 0:
        return None
    return (done - first_done) / elapsed


def seconds_left(operation: Mapping[str, Any], per_second: float, now: datetime) -> float | None:
    total: int | None = operation["total"]
    if not total or operation["state"] != "running" or operation["cancel_requested_by"]:
        return None
    done: int = operation["synced"] + operation["failed"]
    first_at = datetime.fromisoformat(operation["pace"][0][0])
    early = (now - first_at).total_seconds() < ESTIMATE_AFTER_SECONDS
    if early and done / total < ESTIMATE_AFTER_SHARE:
        return None
    return float(max(0, total - done) / per_second)


def effect(operation: Mapping[str, Any]) -> str:
    """What a failed sync means for the catalog."""
    if not (operation["added"] or operation["updated"] or operation["removed"]):
        return "The catalog was not changed."
    return f"What was synced before it stopped stays in the catalog: {albums(operation['synced'])}."


def counts(operation: Mapping[str, Any]) -> str:
    parts = [f"{operation[name]} {name}" for name in ("added", "updated", "unchanged")]
    if operation["removed"]:
        parts.append(f"{operation['removed']} archived")
    return f"{', '.join(parts)}."


def _further_acts(operation: Mapping[str, Any] | None, state: str) -> dict[str, Any]:
    """What is offered after a sync: how many rows can be tried again (0: none), how many of them
    the panel does not name, and whether it stopped to ask."""
    failed = operation["failed"] if operation and state == "warnings" else 0
    retry = failed if failed <= MAX_RETRY_KEYS else 0
    details = operation["error"]["details"] if operation and state == "failed" else {}
    return {
        "retry": retry,
        "retry_albums": albums(retry),
        "retry_unnamed": max(0, retry - MAX_FAILURES),
        "review": "sheet" in details,
    }


def _result(operation: Mapping[str, Any] | None, state: str) -> str:
    match state:
        case "never":
            return "The first sync reads the sheet and looks every album up on Spotify."
        case "completed" | "warnings" | "cancelled":
            return str(operation["message"]) if operation else ""
        case "failed":
            return effect(operation) if operation else ""
    return ""


def _figures(operation: Mapping[str, Any] | None, state: str) -> str:
    if operation is None:
        return ""
    if state in UNFINISHED_STATES:
        total = operation["total"]
        return f"{operation['synced']}/{total} albums synced" if total else ""
    if state == "failed":
        return str(operation["error"]["remedy"])
    return counts(operation)


def _remark(operation: Mapping[str, Any] | None, state: str) -> str:
    if state == "waiting" and operation:
        service, reason = operation["waiting_service"], operation["waiting_reason"]
        return f"{capfirst(SERVICES[service])}: {REASONS[reason]}. Goes on by itself at"
    if state == "warnings" and operation and operation["failed"] > MAX_RETRY_KEYS:
        return "These are too many for a retry of their own: Sync Now tries all of them again."
    return ""


def _duration(operation: Mapping[str, Any] | None) -> str:
    """Empty, too, where a clock was set back meanwhile and nobody knows."""
    if not operation or not operation["finished_at"]:
        return ""
    began = datetime.fromisoformat(operation["started_at"] or operation["requested_at"])
    seconds = (datetime.fromisoformat(operation["finished_at"]) - began).total_seconds()
    return words.span(seconds) if seconds >= 0 else ""
