"""The rows of the suite, and `BENCHMARKS.md`, which is written from them and never by hand."""

import re
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.reasons import REASONS
from tests.benchmarks.report import machine

FILE = Path(__file__).parents[2] / "BENCHMARKS.md"
FEWEST_RUNS = 5
INTRODUCTION = """\
# Benchmarks

Written by `python -m tests.benchmarks`, never by hand. With names it measures those sections again
and leaves the others as they are. Each figure stands beside a reference that was measured in the
same run and counts by its ratio: Groovelog divided by the reference, the median of the ratios of
all runs, with the smallest and the largest in brackets. Whatever missed what was wanted says why.
"""


@dataclass(frozen=True)
class Series:
    """One figure of each run, in a unit: `ms`, `s`, `/s`, `KiB`, `MiB`, `calls`, `%`."""

    values: Sequence[float]
    unit: str

    def __str__(self) -> str:
        """Median, smallest and largest."""
        if len(set(self.values)) == 1:
            return _said(self.values[0], self.unit)
        low, middle, high = min(self.values), statistics.median(self.values), max(self.values)
        return f"{_said(middle, self.unit)} ({_number(low)}–{_number(high)})"


@dataclass(frozen=True)
class Goal:
    """What the ratio should be, and how that is said; that of the median run, unless `of` is
    another one, such as `min`."""

    said: str
    at_least: float = 0.0
    at_most: float = float("inf")
    of: Callable[[Sequence[float]], float] = statistics.median

    def is_reached(self, ratio: float) -> bool:
        return self.at_least <= ratio <= self.at_most


SHOWN = Goal("shown")


@dataclass(frozen=True)
class Row:
    """One figure against its reference. Where both are measured in turn, the n-th values belong
    together; a bound is the same in every run."""

    work: str
    ours: Series
    reference: str
    theirs: Series
    goal: Goal = SHOWN

    def __post_init__(self) -> None:
        runs = len(self.ours.values)
        if runs < FEWEST_RUNS or runs != len(self.theirs.values):
            raise ValueError(f"{self.work}: {runs} and {len(self.theirs.values)} runs")

    @property
    def ratios(self) -> list[float]:
        pairs = zip(self.ours.values, self.theirs.values, strict=True)
        return [ours / theirs if theirs else _to_nothing(ours) for ours, theirs in pairs]

    @property
    def is_reached(self) -> bool:
        return self.goal.is_reached(self.goal.of(self.ratios))

    @property
    def cells(self) -> list[str]:
        ratios = Series(self.ratios, "")
        met = "" if self.goal is SHOWN else ("yes" if self.is_reached else "**no**")
        reference = f"{self.reference}: {self.theirs}"
        return [self.work, str(self.ours), reference, str(ratios), self.goal.said, met]


def bounded(
    work: str,
    ours: Sequence[float],
    unit: str,
    bound: float,
    goal: Goal,
    *,
    reference: str = "bound",
) -> Row:
    """A row whose reference is the same number in every run."""
    bounds = Series([bound] * len(ours), unit)
    return Row(work, Series(ours, unit), reference, bounds, goal)


@dataclass(frozen=True)
class Section:
    """What one module of the suite measured. `how` is prose about how it was done; `packages` are
    the references, whose versions are told, and `programs` others, each with its version."""

    how: str
    rows: Sequence[Row]
    packages: Sequence[str] = ()
    programs: Sequence[str] = ()


def markdown(name: str, title: str, section: Section, commit: str, load: float) -> str:
    """The section as it stands in the file; `load` is the number of processes that wanted a core
    before the command began."""
    head = ["Work", "Groovelog", "Reference", "Ratio", "Wanted", "Reached"]
    lines = [head, ["---"] * len(head), *(row.cells for row in section.rows)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    missed = "".join(f"\n\n{_missed(row.work)}" for row in section.rows if not row.is_reached)
    told = f"`python -m tests.benchmarks {name}`, {_circumstances(section, commit, load)}"
    return f"## {title}\n\n{section.how.strip()}\n\n{table}{missed}\n\n{told}\n"


def put(text: str, titles: Sequence[str]) -> None:
    """Put one section into the file in the place of the one with its title; in it stand only
    sections with one of `titles`, in their order."""
    known = sections(FILE.read_text()) if FILE.exists() else {}
    known |= sections(text)
    FILE.write_text(
        "\n".join([INTRODUCTION, *(known[title] for title in titles if title in known)])
    )


def explained(text: str) -> str:
    """What was measured as it is, and why goals were missed as `REASONS` has it now."""
    return re.sub(
        r"^\*\*Missed: (.+?)\.\*\* .+?(?=\n\n)",
        lambda told: _missed(told[1]),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )


def _missed(work: str) -> str:
    return f"**Missed: {work}.** {REASONS.get(work, 'The reason is not known yet.')}"


def sections(text: str) -> dict[str, str]:
    """The sections of the file by their titles."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    return {
        part.partition("\n")[0].removeprefix("## "): part.rstrip() + "\n"
        for part in parts
        if part.startswith("## ")
    }


def _circumstances(section: Section, commit: str, load: float) -> str:
    packages = [f"{name} {version(name)}" for name in ("django", *section.packages)]
    versions = ", ".join([machine(), *packages, *section.programs])
    return f"{datetime.now(UTC):%Y-%m-%d}, commit {commit}, {versions}, load {load:.1f}."


def commit() -> str:
    """What is about to be measured; `-dirty` where something besides the file itself differs."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, cwd=FILE.parent, check=False
        )
        return done.stdout.strip()

    is_dirty = git("status", "--porcelain", "--", ".", f":!{FILE.name}")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("-dirty" if is_dirty else "")


def _to_nothing(value: float) -> float:
    """The ratio to a reference of 0."""
    return 1.0 if value == 0 else float("inf")


def _said(value: float, unit: str) -> str:
    return f"{_number(value)} {unit}".strip().replace(" /s", "/s")


def _number(value: float) -> str:
    """Three digits that count; no exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
