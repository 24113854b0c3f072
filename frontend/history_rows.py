"""One sync as one row of the history: a sentence, and its counts as parts of a bar."""

from typing import Any

from frontend.panel import counts, percent
from syncengine.projection import UNFINISHED_STATES
from syncengine.sentences import headline

BAR_PARTS = ("added", "updated", "unchanged", "failed")


def row(operation: Any) -> dict[str, Any]:
    numbers = {
        name: getattr(operation, name) or 0
        for name in ("total", "synced", "failed", "added", "updated", "unchanged", "removed")
    }
    state = str(operation.state)
    finished = operation.finished_at
    began = operation.started_at or operation.requested_at
    return {
        "operation": operation,
        "state": "warnings" if state == "completed" and numbers["failed"] else state,
        "sentence": _sentence(operation, numbers),
        # Unknown, too, where a clock was set back meanwhile.
        "duration": finished - began if finished and finished >= began else None,
        "numbers": numbers,
        "counts": counts(numbers),
        "done": numbers["synced"] + numbers["failed"],
    }


def bars(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Adds each row's bar, as SVG lengths; all to the scale of the largest."""
    scale = max((row["done"] for row in rows), default=0)
    for row_ in rows:
        start, parts = 0, []
        for name in BAR_PARTS:
            count = row_["numbers"][name]
            if count:
                part = {"name": name, "x": percent(start, scale), "width": percent(count, scale)}
                parts.append(part)
            start += count
        row_["parts"] = parts
    return rows


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
