"""One sync as one row of the history: a sentence, its first error, and its counts as parts of a
bar."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst

from frontend.panel import counts, percent
from syncengine.events import Event
from syncengine.projection import UNFINISHED_STATES
from syncengine.projectors import COUNTS
from syncengine.sentences import TRIGGERS, headline, sentence

BAR_PARTS = ("added", "updated", "unchanged", "failed")


def row(
    operation: Any, first_failure: Event | None = None, live: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """`live` is the status's operation. While a sync is under way it has the figures, which the
    operation's own row has from its end on."""
    state = str(operation.state)
    unfinished = state in UNFINISHED_STATES
    current = live if unfinished and live and live["id"] == str(operation.pk) else {}
    numbers = {name: current.get(name, getattr(operation, name)) or 0 for name in COUNTS}
    shown_state = "warnings" if state == "completed" and numbers["failed"] else state
    finished = operation.finished_at
    began = operation.started_at or operation.requested_at
    return {
        "operation": operation,
        "url": reverse("sync", args=[operation.pk]),
        "unfinished": unfinished,
        "state": shown_state,
        "state_name": state_name(shown_state),
        "sentence": current.get("message") or _sentence(operation, numbers),
        "trigger": TRIGGERS.get(operation.trigger, operation.trigger),
        # Unknown, too, where a clock was set back meanwhile.
        "duration": finished - began if finished and finished >= began else None,
        "numbers": numbers,
        "counts": counts(numbers),
        "done": numbers["synced"] + numbers["failed"],
        "error": _error(operation, first_failure),
    }


def scale(rows: list[dict[str, Any]]) -> int:
    """How many albums a full bar means: the most that any of these syncs dealt with or will."""
    return max((max(row["done"], row["numbers"]["total"]) for row in rows), default=0)


def bars(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Adds each row's bar, as SVG lengths; all to one scale."""
    full = scale(rows)
    for row_ in rows:
        start, parts = 0, []
        for name in BAR_PARTS:
            count = row_["numbers"][name]
            part = {"name": name, "x": percent(start, full), "width": percent(count, full)}
            parts.append(part)
            start += count
        row_["parts"] = parts
    return rows


def state_name(state: str) -> str:
    return "Completed with warnings" if state == "warnings" else capfirst(state)


def _sentence(operation: Any, numbers: dict[str, int]) -> str:
    if operation.state in UNFINISHED_STATES:
        return "A sync is under way."
    return headline(
        {
            **numbers,
            "total": operation.total,
            "state": operation.state,
            "error": {"message": operation.error_message},
        }
    )


def _error(operation: Any, first_failure: Event | None) -> dict[str, str] | None:
    """The code of the first error and, where the row's sentence does not say it already, what
    happened."""
    if first_failure is not None:
        said = sentence(first_failure.kind, first_failure.data)
        return {"code": first_failure.data["code"], "sentence": said}
    if operation.error_code:
        return {"code": operation.error_code, "sentence": ""}
    return None
