"""What it costs to verify the whole log, to take it away, and to verify it elsewhere."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from syncengine import export, log, verify_export
from syncengine.selection import Selection
from tests.benchmarks.report import Cost

ROOT = Path(__file__).resolve().parents[2]
EXPORTED = "under 60 s with flat memory"
MIB = 1024 * 1024


def costs(url: str) -> dict[str, Cost]:
    """By what is done with the log of the database at `url`."""
    manage = [sys.executable, ROOT / "manage.py", "verifylog"]
    found = {"verifylog": _command(manage, "under 20 s", DATABASE_URL=url)}
    with tempfile.TemporaryDirectory(prefix="groovelog-benchmarks-") as folder:
        for form in export.FORMS:
            file = Path(folder) / f"log.{form}"
            found[f"export as {form}"] = _export(form, file)
            if form != "csv":
                verifier = [sys.executable, verify_export.__file__, file]
                found[f"verify_export.py of {form}"] = _command(verifier, "under 30 s")
            file.unlink()
    return found


def _command(command: list[str | Path], wanted: str, **environment: str) -> Cost:
    """What a process of its own costs, from its start to its end."""
    idle, began = _children_s(), time.perf_counter()
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    passed_s, worked_s = time.perf_counter() - began, _children_s() - idle
    assert done.returncode == 0, done.stdout + done.stderr
    return Cost(_said(passed_s, worked_s), worked_s, wanted)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _export(form: str, file: Path) -> Cost:
    before = most = _rss_bytes()
    idle, began = time.process_time(), time.perf_counter()
    asked = export.ask(Selection(), "benchmark", form, log.head())
    with file.open("wb") as out:
        for piece in asked.pieces(form):
            out.write(piece)
            most = max(most, _rss_bytes())
    passed_s, worked_s = time.perf_counter() - began, time.process_time() - idle
    size, grown = file.stat().st_size / MIB, (most - before) / MIB
    said = f"{_said(passed_s, worked_s)}, {size:.0f} MiB, {grown:.1f} MiB more in memory"
    return Cost(said, worked_s, EXPORTED)


def _rss_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def _said(passed_s: float, worked_s: float) -> str:
    return f"{passed_s:.1f} s (processor {worked_s:.1f} s)"
