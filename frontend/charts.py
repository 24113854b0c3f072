"""How the syncs of a page went, as two charts: how long each took, and how many albums failed.

Pure. Lengths are SVG percentages, since a style attribute is refused by the content security
policy, and a chart is as wide as there is room.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from frontend import words
from syncengine.sentences import albums

MIN_SLOTS = 25  # a few syncs are a few bars, not a few walls
BAR_SHARE = 0.72  # of its slot
MIN_HEIGHT = 1.5  # percent: little is more than nothing
CUT_FROM = 4  # times what most bars are: from there on one bar would flatten all the others
MOST = 0.9
FEW = 5  # fewer values have no "most": one beside two others may just as well be the usual one
NICE_SECONDS = (2, 10, 20, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400)
STATE_WORDS = {"warnings": "completed with warnings", "failed": "failed as a whole"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One sync: a link with a text, a place, and a bar or a mark or both or neither."""

    url: str
    label: str
    slot_x: str
    slot_width: str
    x: str
    width: str
    y: str
    height: str  # empty where there is no bar
    kind: str  # its pattern
    cut: bool  # longer than the scale
    mark: str  # a symbol at its foot


@dataclass(frozen=True, slots=True)
class Chart:
    name: str
    title: str
    summary: str
    ticks: tuple[str, str, str]  # at the top, in the middle and at the foot
    bars: list[Bar]
    first: str  # the day of the oldest
    last: str

    @property
    def has_cut(self) -> bool:
        return any(bar.cut for bar in self.bars)


def durations(rows: Sequence[dict[str, Any]]) -> Chart:
    """How long each of these rows' syncs took; the newest row comes first and stands last."""
    values = [_seconds(row) for row in rows]
    known = [value for value in values if value is not None]
    top = _nice_seconds(_reach(known))
    labels = [f"{_when(row)}: {_took(row, value)}" for row, value in zip(rows, values, strict=True)]
    marks = ["running" if row["unfinished"] else "" for row in rows]
    ticks = (words.span(top), words.span(top / 2), "0")
    bars = _bars(rows, values, top, labels, marks)
    return _chart("durations", "Duration", _durations_summary(known), ticks, bars, rows)


def failures(rows: Sequence[dict[str, Any]]) -> Chart:
    """How many albums failed in each of these rows' syncs, and which syncs failed as a whole."""
    values: list[float | None] = [row["numbers"]["failed"] for row in rows]
    top = _nice_count(_reach([value for value in values if value]))
    labels = [f"{_when(row)}: {_failed(row)}" for row in rows]
    marks = ["failed" if row["state"] == "failed" else "" for row in rows]
    ticks = (f"{top}", f"{top // 2}", "0")
    bars = _bars(rows, values, top, labels, marks, kind="failures")
    return _chart("failures", "Failures", _failures_summary(rows), ticks, bars, rows)


def _chart(
    name: str,
    title: str,
    summary: str,
    ticks: tuple[str, str, str],
    bars: list[Bar],
    rows: Sequence[dict[str, Any]],
) -> Chart:
    return Chart(name, title, summary, ticks, bars, _day(rows[-1]), _day(rows[0]))


def _bars(
    rows: Sequence[dict[str, Any]],
    values: Sequence[float | None],
    top: float,
    labels: Sequence[str],
    marks: Sequence[str],
    kind: str = "",
) -> list[Bar]:
    slot = 100 / max(len(rows), MIN_SLOTS)
    bars = []
    for place, (row, value, label, mark) in enumerate(
        reversed(list(zip(rows, values, labels, marks, strict=True)))
    ):
        height = min(100, max(MIN_HEIGHT, 100 * value / top)) if value else 0
        bars.append(
            Bar(
                url=row["url"],
                label=label,
                slot_x=_percent(place * slot),
                slot_width=_percent(slot),
                x=_percent((place + (1 - BAR_SHARE) / 2) * slot),
                width=_percent(slot * BAR_SHARE),
                y=_percent(100 - height),
                height=_percent(height) if height else "",
                kind=kind or row["state"],
                cut=value is not None and value > top,
                mark=mark,
            )
        )
    return bars


def _reach(values: Sequence[float]) -> float:
    """How far the scale has to go: to the largest value, or, where few of many are by far larger
    than most, to the largest of most."""
    if not values:
        return 0
    ordered = sorted(values)
    if len(ordered) < FEW:
        return ordered[-1]
    most = ordered[int((len(ordered) - 1) * MOST)]
    return most if ordered[-1] > CUT_FROM * most else ordered[-1]


def _nice_seconds(reach: float) -> float:
    day = NICE_SECONDS[-1]
    return next((top for top in NICE_SECONDS if top >= reach), -(-reach // (2 * day)) * 2 * day)


def _nice_count(reach: float) -> int:
    """An even number, so that the middle is whole."""
    tens = 1
    while True:
        for digit in (2, 4, 6, 10):
            if digit * tens >= reach:
                return digit * tens
        tens *= 10


def _seconds(row: dict[str, Any]) -> float | None:
    duration = row["duration"]
    # What took no time that the clock can tell still took some.
    return None if duration is None else max(duration.total_seconds(), 0.001)


def _durations_summary(known: Sequence[float]) -> str:
    if not known:
        return "None of them has ended."
    if len(known) == 1:
        return f"It took {words.span(known[0])}."
    middle, longest = statistics.median(known), max(known)
    return f"Half of them within {words.span(middle)}, the longest {words.span(longest)}."


def _failures_summary(rows: Sequence[dict[str, Any]]) -> str:
    failed = [row["numbers"]["failed"] for row in rows if row["numbers"]["failed"]]
    whole = sum(row["state"] == "failed" for row in rows)
    parts = [f"Albums failed in {len(failed)} of {_syncs(len(rows))}"]
    if failed:
        parts.append(f"at most {max(failed)} at once")
    if whole:
        parts.append(f"{_syncs(whole)} failed as a whole")
    return f"{', '.join(parts)}."


def _syncs(count: int) -> str:
    return "1 sync" if count == 1 else f"{count} syncs"


def _took(row: dict[str, Any], seconds: float | None) -> str:
    if row["unfinished"]:
        return "under way"
    state = STATE_WORDS.get(row["state"], row["state"])
    if seconds is None:
        return f"{state}, nobody knows how long it took"
    return f"{words.span(seconds)}, {state}"


def _failed(row: dict[str, Any]) -> str:
    count = row["numbers"]["failed"]
    said = f"{albums(count)} failed" if count else "no album failed"
    return f"{said}, the sync as a whole, too" if row["state"] == "failed" else said


def _when(row: dict[str, Any]) -> str:
    moment = row["operation"].requested_at
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def _day(row: dict[str, Any]) -> str:
    moment = row["operation"].requested_at
    return f"{moment.day} {moment:%b %Y}"


def _percent(value: float) -> str:
    return f"{round(value, 2):g}%"
