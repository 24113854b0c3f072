"""The history on an album's page: its biography in chapters, the newest first."""

from itertools import groupby
from typing import Any

from django.http import HttpRequest

from frontend import words
from frontend.differences import lines, notes
from frontend.event_links import event_url
from syncengine.biography import Biography, Entry, FailingRun, biography
from syncengine.http import HttpError

MAX_UNFOLDED, UNFOLDED = 5, 3  # failures of a run; of more than so many, only so many at once
POSITION_DIGITS = 15  # more than any log has events


def history(request: HttpRequest, album: str) -> dict[str, Any]:
    """What the album's page shows to auditors of its life. Raises HttpError where `before` is no
    position."""
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) <= POSITION_DIGITS):
        raise HttpError(
            400,
            "bad-position",
            f"“{before[:POSITION_DIGITS]}” is no position in the log.",
            "Open the album’s page without it to see its newest history.",
        )
    life = biography(album, int(before) if before else None)
    return {
        "chapters": [
            _chapter(kind, list(group)) for (kind, *_), group in groupby(life.entries, _kind)
        ],
        "older": life.older,
        "paged": bool(before),
        "failing": _failing(life),
    }


def _kind(entry: Entry) -> tuple[Any, ...]:
    """Entries with the same are one chapter where they follow each other: a run of failures, and
    looks at the album that changed nothing. Every other event is a chapter of its own."""
    if entry.run is not None:
        return ("failed", entry.run.first.position)
    if entry.data.get("outcome") == "unchanged":
        return ("checked",)
    outcome = entry.data.get("outcome", "archived")
    return (outcome, entry.step.position)


def _chapter(kind: str, entries: list[Entry]) -> dict[str, Any]:
    run = entries[0].run
    shown = [_shown(entry, newer) for entry, newer in _with_newer(entries)]
    unfolded = len(shown) if len(shown) <= MAX_UNFOLDED else UNFOLDED
    return {
        "kind": kind,
        "entries": shown,
        "told": shown[:unfolded],
        "folded": shown[unfolded:],
        "first": entries[-1].step,
        "last": entries[0].step,
        "run": run,
        "title": _run_title(run) if run else "",
        "end_url": run and run.end and event_url(run.end.operation, run.end.position),
    }


def _with_newer(entries: list[Entry]) -> list[tuple[Entry, Entry | None]]:
    return list(zip(entries, [None, *entries[:-1]], strict=True))


def _shown(entry: Entry, newer: Entry | None) -> dict[str, Any]:
    changes = entry.data.get("changes", {})
    return {
        "step": entry.step,
        "url": event_url(entry.step.operation, entry.step.position),
        "asked_by": entry.asked_by,
        "row": entry.data.get("row"),
        "lines": lines(changes) if changes else [],
        "notes": notes(changes),
        "data": entry.data,
        # Said once where a row failed for the same reason each time.
        "says": newer is None or newer.data.get("message") != entry.data.get("message"),
    }


def _failing(life: Biography) -> dict[str, Any] | None:
    run = life.failing
    return {"run": run, "title": _run_title(run)} if run else None


def _run_title(run: FailingRun) -> str:
    """`Failing for 6 syncs, since 3 November 2026`, or what it was while it lasted."""
    syncs = "1 sync" if run.syncs == 1 else f"{run.syncs} syncs"
    began, ended = words.day(run.first.at), words.day(run.last.at)
    if run.end is None:
        return f"Failing for {syncs}, since {began}"
    if run.syncs == 1:
        return f"Failed in 1 sync, on {began}"
    when = f"on {began}" if began == ended else f"from {began} to {ended}"
    return f"Failed in {syncs} in a row, {when}"
