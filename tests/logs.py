"""Generated logs: sequences of events as they could have been stored, with a correct chain.

`event_logs()` is a hypothesis strategy of `list[Event]`; `[event.as_json() for event in log]`
drives the fold in JavaScript. The wall clock of a log may step backwards. Albums and outcomes are
those of a catalog that is kept along the way, so a log can also be appended to an empty database.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from syncengine.events import Event
from tests.chain import hash_of

BEGIN = datetime(2026, 11, 22, 19, 23, 51, 999_999, tzinfo=UTC)
CLOCK_STEPS_S = [0.0, 0.000001, 0.3, 1.0, 61.5, 90_000.0, -0.5, -3600.0]
NAMES = [
    "Björk",
    "AC/DC",
    "電気グルーヴ",
    "“Quoted”\n\ttabs\x01\x7f",
    "🎻🎷",
    "1999",
    "",
    "\u2028é",
]
PEOPLE = ["ann", "bob", "schedule", "Ünal <i>"]
ENDS = ["completed", "failed", "cancelled", "cancelled-early", "none"]
SHEET = "5" * 64


@dataclass
class Writer:
    """Chains events, and keeps the catalog that they make."""

    log_id: str
    clock_steps_s: list[float]
    events: list[Event] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)  # album: title
    now: datetime = BEGIN
    operation: str = ""
    total: int = 0
    done: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def write(self, kind: str, data: dict[str, Any], operation: str | None = "") -> None:
        position = len(self.events) + 1
        previous_hash = self.events[-1].hash if self.events else self.log_id
        self.now += timedelta(seconds=self.clock_steps_s[position % len(self.clock_steps_s)])
        at = self.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        operation = self.operation if operation == "" else operation
        digest = hash_of(previous_hash, position, operation, kind, 1, at, data)
        event = Event(position, operation, kind, 1, at, data, previous_hash, digest)
        self.events.append(event)

    def begin(self, by: str, trigger: str, mode: str) -> None:
        self.operation = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.log_id}{len(self.events)}"))
        names = ("synced", "failed", "added", "updated", "unchanged", "removed")
        self.counts = dict.fromkeys(names, 0)
        self.total = self.done = 0
        scope = {"mode": mode, "keys": ["key-1"] if mode == "retry" else [], "confirm": None}
        self.write("requested", {"by": by, "trigger": trigger, "scope": scope})

    def synced(self, outcome: str, name: str) -> None:
        album, changes = self._album_for(outcome, name)
        self.counts["synced"] += 1
        self.counts[outcome] += 1
        self._album_event("album-synced", album, name, outcome=outcome, changes=changes)

    def failed(self, name: str) -> None:
        self.counts["failed"] += 1
        self._album_event(
            "album-failed",
            next(iter(self.known), None),
            name,
            code="album-not-found",
            message=f"Spotify has no {name}.",
            remedy="Check the spelling.",
            candidates=[],
        )

    def left_alone(self, count: int) -> None:
        albums = list(self.known)[:count]
        if albums:
            self.counts["synced"] += len(albums)
            self.counts["unchanged"] += len(albums)
            self.done += len(albums)
            places = [
                {"album": album, "key": f"key-{row}", "row": row}
                for row, album in enumerate(albums, start=self.done + 1)
            ]
            data = {"albums": places, "n": self.done, "total": self.total}
            self.write("albums-unchanged", data)

    def removed(self) -> None:
        if self.known:
            album, title = self.known.popitem()
            self.counts["removed"] += 1
            names = {"key": "key-gone", "artist": "Gone", "title": title}
            self.write("album-removed", {"album": album, **names})

    def _album_for(self, outcome: str, name: str) -> tuple[str, dict[str, Any]]:
        if outcome == "added":
            album = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.log_id}{len(self.events)}"))
            self.known[album] = name
            changes = {"title": [None, name], "year": [None, 1997], "genres": [None, ["pop", name]]}
            return album, changes
        album = next(iter(self.known))
        if outcome == "unchanged":
            return album, {"row_digest": ["a", "b"]}
        old, self.known[album] = self.known[album], f"{name}{len(self.events)}"
        return album, {"title": [old, self.known[album]], "year": [1997, None]}

    def _album_event(self, kind: str, album: str | None, name: str, **more: Any) -> None:
        self.done += 1
        place = {"key": f"key-{self.done}", "row": self.done + 1, "artist": name, "title": name}
        data = {"album": album, **place, **more, "n": self.done, "total": self.total}
        self.write(kind, data)


@st.composite
def event_logs(draw: st.DrawFn, max_operations: int = 3) -> list[Event]:
    """Any log of up to `max_operations` syncs with auditors' acts in between; the last sync may
    be unfinished."""
    log_id = draw(st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}"))
    steps_s = draw(st.lists(st.sampled_from(CLOCK_STEPS_S), min_size=1, max_size=7))
    writer = Writer(log_id, steps_s)
    _audits(draw, writer)
    for _ in range(draw(st.integers(0, max_operations))):
        if not _operation(draw, writer):
            break
        _audits(draw, writer)
    return writer.events


def _audits(draw: st.DrawFn, writer: Writer) -> None:
    for kind in draw(st.lists(st.sampled_from(["exported", "verified"]), max_size=2)):
        result = {"events": len(writer.events), "sound": True}
        data = {"by": "eve", "what": "the log", "filter": {"kind": "all"}, "result": result}
        writer.write(kind, data, operation=None)


def _operation(draw: st.DrawFn, writer: Writer) -> bool:
    """Write one sync; returns whether it has ended."""
    end = draw(st.sampled_from(ENDS))
    trigger = draw(st.sampled_from(["button", "api", "command", "schedule", "retry", "confirm"]))
    mode = draw(st.sampled_from(["full", "refresh", "retry"]))
    writer.begin(draw(st.sampled_from(PEOPLE)), trigger, mode)
    if end == "cancelled-early":
        return _end(writer, end, total=None)
    writer.write("started", {"worker": "w-1", "attempt": 1})
    _interruptions(draw, writer)
    writer.write("stage-started", {"stage": "sheet", "total": None, "sheet": None})
    if draw(st.booleans()):
        # Nothing accepted yet: only these ends are possible.
        return _end(writer, "failed" if end == "completed" else end, total=None)
    steps = draw(st.lists(_steps, max_size=8))
    writer.total = sum(_albums_of(step) for step in steps)
    for stage in ("spotify", "albums") if steps else ("spotify",):
        _interruptions(draw, writer)
        stage_data = {"stage": stage, "total": writer.total, "sheet": SHEET}
        writer.write("stage-started", stage_data)
    for step in steps:
        _take(step, writer)
        _interruptions(draw, writer)
        if draw(st.sampled_from([False] * 4 + [True])):
            _audits(draw, writer)
    if end == "completed":
        writer.total = writer.done
    return _end(writer, end, total=writer.total)


_name = st.sampled_from(NAMES)
_steps = st.one_of(
    st.tuples(st.sampled_from(["added", "updated", "unchanged"]), _name),
    st.tuples(st.just("failures"), st.sampled_from([1, 2, 101, 130])),
    st.tuples(st.just("left-alone"), st.integers(1, 100)),
    st.tuples(st.just("removed"), st.just(0)),
)


def _albums_of(step: tuple[str, Any]) -> int:
    """At most so many albums does a step deal with."""
    what, detail = step
    return {"removed": 0, "failures": detail, "left-alone": detail}.get(what, 1)


def _take(step: tuple[str, Any], writer: Writer) -> None:
    match step:
        case "failures", count:
            for number in range(count):
                writer.failed(NAMES[number % len(NAMES)])
        case "left-alone", count:
            writer.left_alone(count)
        case "removed", _:
            writer.removed()
        case outcome, name:
            writer.synced(outcome if writer.known else "added", name)


def _interruptions(draw: st.DrawFn, writer: Writer) -> None:
    what = draw(st.sampled_from(["none"] * 6 + ["lease-expired", "handed-over", "wait-over"]))
    if what == "none":
        return
    if what == "wait-over":
        service = draw(st.sampled_from(["spotify", "google", "database"]))
        reason = draw(st.sampled_from(["rate-limit", "quota", "budget", "storage"]))
        until = "2026-11-23T09:00:00.000000Z"
        writer.write("waiting", {"until": until, "service": service, "reason": reason})
        if draw(st.booleans()):
            writer.write("waiting", {"until": until, "service": service, "reason": "quota"})
    writer.write("resumed", {"worker": "w-2", "attempt": 2, "reason": what})


def _end(writer: Writer, end: str, total: int | None) -> bool:
    if end == "none":
        return False
    if end.startswith("cancelled"):
        writer.write("cancel-requested", {"by": "bob"})
        done = {name: writer.counts[name] for name in ("synced", "failed")}
        writer.write("cancelled", {"by": "bob", "total": total, **done})
    elif end == "failed":
        data = {"code": "sheet-empty", "message": "The sheet is empty.", "remedy": "Fill it."}
        writer.write("failed", {**data, "details": {"rows": 0, "tab": "1"}})
    else:
        writer.write("completed", {"total": total, **writer.counts})
    return True
