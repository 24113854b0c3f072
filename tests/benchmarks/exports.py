"""What it costs to take a whole log away and to verify it elsewhere: at 1,000,000 events, against
a tenth and a hundredth of that."""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from syncengine import export, log, verify_export
from syncengine.selection import Selection
from tests.benchmarks import long_log
from tests.benchmarks.database import fresh_database
from tests.benchmarks.report import Figure, show

SIZES = (10_000, 100_000, 1_000_000)
WANTED = {"jsonl": "under 60 s", "csv": "under 60 s", "zip": "under 60 s"}
MIB = 1024 * 1024


@dataclass
class Taken:
    """How long something took, and how much more memory it held at most."""

    seconds: float
    grown_bytes: int = 0
    size_bytes: int = 0


def measure() -> None:
    folder = Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))
    found = {size: _at(size, folder) for size in SIZES}
    largest, smallest = found[SIZES[-1]], found[SIZES[0]]
    show(
        f"The whole log of {SIZES[-1]:,} events is exported and verified offline",
        [
            Figure(
                name,
                "; ".join(f"{size:,}: {_said(found[size][name])}" for size in SIZES),
                f"{SIZES[0]:,} events",
                f"{taken.seconds / smallest[name].seconds:.0f} times as long for"
                f" {SIZES[-1] // SIZES[0]} times as many",
                WANTED.get(name, "under 30 s"),
            )
            for name, taken in largest.items()
        ],
    )


def _at(size: int, folder: Path) -> dict[str, Taken]:
    with fresh_database():
        long_log.write(size)
        found = {form: _export(form, folder / f"log-{size}.{form}") for form in WANTED}
        for form in ("jsonl", "zip"):
            file = folder / f"log-{size}.{form}"
            began = time.perf_counter()
            command = [sys.executable, verify_export.__file__, file]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            found[f"verify_export.py of {form}"] = Taken(time.perf_counter() - began)
        for file in folder.iterdir():
            file.unlink()
        return found


def _export(form: str, file: Path) -> Taken:
    before = most = _rss_bytes()
    began = time.perf_counter()
    asked = export.ask(Selection(), "benchmark", form, log.head())
    with file.open("wb") as out:
        for piece in asked.pieces(form):
            out.write(piece)
            most = max(most, _rss_bytes())
    return Taken(time.perf_counter() - began, most - before, file.stat().st_size)


def _rss_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def _said(taken: Taken) -> str:
    if not taken.size_bytes:
        return f"{taken.seconds:.1f} s"
    size, grown = taken.size_bytes / MIB, taken.grown_bytes / MIB
    return f"{taken.seconds:.1f} s, {size:.0f} MiB, {grown:.1f} MiB more in memory"
