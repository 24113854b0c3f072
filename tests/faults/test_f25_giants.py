"""F25: a sheet without end, a gzip bomb, and sheets that are all that is allowed: each is cut off
at its limit, and the worker never holds much of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncengine.schemas import END_KINDS
from tests.faults.upstreams import OutsideWorker, outside_worker, refused, synced
from tests.faults.world import World
from tests.sheets import LINKED
from tests.syncing import events

pytestmark = pytest.mark.once

MIB = 1024 * 1024
MAX_PEAK_BYTES = 150 * MIB  # over what it held before
BODY_BYTES = 20 * MIB  # what is allowed
HEADER = b"Artist,Album,Year,Genre,Label,Spotify\r\n"
CELLS = b"ab," * 133


def giants() -> Iterator[tuple[str, bytes, str]]:
    """Sheets within the bytes that are allowed, each the worst of its kind: (name, bytes, code)."""
    yield "one row of commas", HEADER + b"," * (BODY_BYTES - len(HEADER)), "sheet-too-large"
    yield "one row of lines", HEADER + b'"' + b'a","bc\n' * 2_900_000, "sheet-too-large"
    yield "blank lines", HEADER + b"\n" * (BODY_BYTES - len(HEADER)), "sheet-too-large"
    # The most cells in the most rows, none of them in a column that means anything.
    yield "small cells", HEADER + (b",,,,,," + CELLS + b"\r\n") * 49_900, "sheet-empty"
    # What is kept of every row is the most, but there is a row too many.
    line = b"%d" + b"a" * 60 + b",b%d" + b"b" * 60 + b",1999," + b"g%d;" * 10 + b"," + b"l" * 99
    rows = b"".join(line % ((n,) * 12) + b",\r\n" for n in range(50_000))
    yield "full rows", HEADER + rows, "sheet-too-large"


def test_f25_whatever_is_too_much_is_cut_off(world: World) -> None:
    world.demo.sheet(*LINKED)
    worker = outside_worker(world)
    assert synced()["state"] == "completed"

    peaks = {}
    world.demo.behave(sheet="endless")
    forget_peak(worker)
    assert "5 MiB on the way" in refused("sheet-too-large")["message"]
    peaks["endless"] = peak_bytes(worker)

    world.demo.bomb()
    forget_peak(worker)
    assert "20 MiB unpacked" in refused("sheet-too-large")["message"]
    peaks["bomb"] = peak_bytes(worker)

    world.demo.behave(sheet="packed")
    for name, body, code in giants():
        assert len(body) <= BODY_BYTES, name
        world.demo.sheet_bytes(body)
        forget_peak(worker)
        refused(code)
        peaks[name] = peak_bytes(worker)
    print(f"F25: {', '.join(f'{name} +{peak / MIB:.0f} MiB' for name, peak in peaks.items())}")
    assert max(peaks.values()) < MAX_PEAK_BYTES, peaks
    # However long the worker looked at it, nobody took it for dead.
    assert [event.kind for event in events("started", "resumed", *END_KINDS)] == [
        "started",
        "failed",
    ]


_held: dict[OutsideWorker, int] = {}


def forget_peak(worker: OutsideWorker) -> None:
    """Measure from now on (Linux: 5 in `clear_refs` sets the peak to what is held now)."""
    Path(f"/proc/{worker.pid}/clear_refs").write_text("5")
    _held[worker] = worker.rss_bytes


def peak_bytes(worker: OutsideWorker) -> int:
    """The most that it held since then, over what it held then."""
    status = Path(f"/proc/{worker.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024 - _held[worker]
