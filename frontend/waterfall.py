"""When each part of a sync began and how long it took, as bars along one line of time.

Pure. Lengths are SVG percentages, since a style attribute is refused by the content security
policy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from frontend import words
from frontend.panel import STEPS
from syncengine.schemas import END_KINDS
from syncengine.story import Step, wait_until

MIN_WIDTH = 0.6  # percent: little is more than nothing
GAP = 0.3  # percent: what is closer together is one bar, or a thousand waits would be as many

Segment = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Lane:
    """One part of the sync. `bars` are (x, width); `position` is where it began in the log."""

    name: str
    label: str
    position: int
    after: str  # how long after the sync was asked for it began, in words
    took: str
    times: int  # how often
    bars: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Waterfall:
    lanes: list[Lane]
    ticks: tuple[str, str, str]
    set_back: bool  # whether a clock was set back meanwhile, so that some lengths are unknown


def waterfall(steps: Sequence[Step], until: datetime) -> Waterfall | None:
    """The parts of a sync with these steps, which goes on `until` then; None without steps."""
    if not steps:
        return None
    moments, set_back = _forwards([*(step.at for step in steps), until])
    end, moments = moments[-1], moments[:-1]
    times = list(zip(steps, moments, strict=True))
    begun, length = moments[0], max(end - moments[0], timedelta(milliseconds=1))
    lanes = []
    for name, label, found in _parts(times, end):
        if not found:
            continue
        position = found[0][0]
        segments = [(first, last) for _, first, last in found]
        took = sum((last - first for first, last in segments), timedelta())
        lanes.append(
            Lane(
                name,
                label,
                position,
                _after((segments[0][0] - begun).total_seconds()),
                words.span(took.total_seconds()),
                len(segments),
                list(_bars(segments, begun, length)),
            )
        )
    whole = length.total_seconds()
    return Waterfall(lanes, ("0", words.span(whole / 2), words.span(whole)), set_back)


def _forwards(moments: Sequence[datetime]) -> tuple[list[datetime], bool]:
    """The moments as a time that never goes back, and whether it did."""
    forwards: list[datetime] = []
    for moment in moments:
        forwards.append(max([moment, *forwards[-1:]]))
    return forwards, forwards != list(moments)


def _after(seconds: float) -> str:
    return "at once" if seconds < 1 else f"after {words.span(seconds)}"


Found = list[tuple[int, datetime, datetime]]


def _parts(times: list[tuple[Step, datetime]], end: datetime) -> Iterator[tuple[str, str, Found]]:
    yield "idle", "No worker", list(_without_a_worker(times, end))
    for place, (stage, label) in enumerate(STEPS):
        begun = _first(times, stage)
        # Spotify goes on while albums are stored; the sheet has been read when Spotify begins.
        after = _first(times, STEPS[1][0]) if place == 0 else None
        yield stage, label, [(*begun, after[1] if after else end)] if begun else []
    yield "waiting", "Waiting", list(_waits(times, end))


def _first(times: list[tuple[Step, datetime]], stage: str) -> tuple[int, datetime] | None:
    for step, at in times:
        if step.kind == "stage-started" and (step.data or {}).get("stage") == stage:
            return step.position, at
    return None


def _without_a_worker(
    times: list[tuple[Step, datetime]], end: datetime
) -> Iterator[tuple[int, datetime, datetime]]:
    """From the request to the start, and from the last sign of one worker to the next one's start.
    A wait that is over has held nothing up: that one is told as a wait."""
    started = next((at for step, at in times if step.kind in ("started", *END_KINDS)), end)
    yield times[0][0].position, times[0][1], started
    for step, at in times:
        waited = (step.data or {}).get("reason") == "wait-over"
        if step.kind == "resumed" and step.silent_since and not waited:
            yield step.position, min(step.silent_since, at), at


def _waits(
    times: list[tuple[Step, datetime]], end: datetime
) -> Iterator[tuple[int, datetime, datetime]]:
    """From each wait to when it was to be over, or to the next step where that came before."""
    ends = [*(at for _, at in times[1:]), end]
    for (step, at), following in zip(times, ends, strict=True):
        if step.kind == "waiting":
            yield step.position, at, max(at, min(wait_until(step.data) or following, following))


def _bars(
    segments: Sequence[Segment], begun: datetime, length: timedelta
) -> Iterator[tuple[str, str]]:
    reached: list[list[float]] = []
    for first, last in segments:
        x, end = 100 * ((first - begun) / length), 100 * ((last - begun) / length)
        if reached and x - reached[-1][1] < GAP:
            reached[-1][1] = max(end, reached[-1][1])
        else:
            reached.append([x, end])
    for x, end in reached:
        width = max(MIN_WIDTH, end - x)
        yield f"{min(x, 100 - width):.2f}%", f"{width:.2f}%"
