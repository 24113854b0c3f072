"""How figures are printed."""

import os
import platform
import re
import sqlite3
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, against which reference, and the bound that was asked for."""

    name: str
    value: str
    reference: str
    ratio: str
    wanted: str


@dataclass(frozen=True)
class Cost:
    """What something took as it is printed, the processor time of it, and what was asked for."""

    said: str
    worked_s: float
    wanted: str

    def __str__(self) -> str:
        return self.said


def show(title: str, figures: Sequence[Figure]) -> None:
    print(f"\n{title}")
    for figure in figures:
        print(f"  {figure.name}: {figure.value}")
        print(f"    reference: {figure.reference}")
        print(f"    ratio: {figure.ratio}    wanted: {figure.wanted}")


def machine() -> str:
    """The machine, and the versions that every benchmark shares."""
    return (
        f"{os.cpu_count()} cores ({_processor()}), {platform.system()},"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def _processor() -> str:
    """Its model as Linux tells it, or what Python knows of it."""
    told = CPUINFO.read_text() if CPUINFO.exists() else ""
    model = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    return model[1] if model else platform.processor() or platform.machine()


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def spread(values: Sequence[float]) -> str:
    """Median, smallest and largest of some seconds."""
    return (
        f"median {milliseconds(statistics.median(values))}"
        f" ({milliseconds(min(values))} to {milliseconds(max(values))}, {len(values)} runs)"
    )


def told(what: str) -> None:
    """Tell somebody who waits for a long measurement how far it is."""
    print(time.strftime("%X"), what, file=sys.stderr, flush=True)
