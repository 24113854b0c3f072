"""How the command that writes `BENCHMARKS.md` counts, and keeps what it measured before."""

import os
from importlib.metadata import version
from pathlib import Path
from sqlite3 import sqlite_version

import pytest

from tests.benchmarks import table
from tests.benchmarks.suite import STUDIES, SUITE
from tests.benchmarks.table import SHOWN, Goal, Row, Section, Series

BENCHMARKS = Path(table.__file__).parent
HALF = Goal("half", at_most=1 / 2)


def row(ours: list[float], theirs: list[float], goal: Goal = HALF) -> Row:
    return Row("reading", Series(ours, "ms"), "a book", Series(theirs, "ms"), goal)


def test_the_name_of_a_section_is_a_module() -> None:
    for name in (*SUITE, *STUDIES):
        assert (BENCHMARKS / f"{name}.py").is_file()


def test_ratios_are_of_figures_of_the_same_run() -> None:
    one = row([1, 10, 3, 4, 5], [2, 40, 3, 8, 20])
    assert one.ratios == [0.5, 0.25, 1, 0.5, 0.25]
    assert one.is_reached
    assert one.cells == [
        "reading",
        "4 ms (1–10)",
        "a book: 8 ms (2–40)",
        "0.5 (0.25–1)",
        "half",
        "yes",
    ]


def test_a_goal_is_missed_by_the_median_and_says_so_and_why_once_that_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = row([1, 1, 5, 5, 5], [4] * 5)
    assert not one.is_reached
    text = table.markdown("reading", "Reading", Section("By eye.", [one]), "abc1234", load=0.5)
    assert "| **no** |" in text
    assert "**Missed: reading.** The reason is not known yet." in text

    monkeypatch.setitem(table.REASONS, "reading", "It is\nlong.")
    explained = table.explained(text)
    assert explained == text.replace("The reason is not known yet.", "It is\nlong.")
    assert table.explained(explained) == explained


def test_a_section_names_the_machine_and_the_versions() -> None:
    one = Section("By eye.", [row([1] * 5, [2] * 5)], ["channels"], ["Chromium 1.2"])
    told = table.markdown("reading", "Reading", one, "abc1234", load=0.5).strip().split("\n")[-1]
    versions = (f"SQLite {sqlite_version}", f"channels {version('channels')}", "Chromium 1.2")
    assert f"{os.cpu_count()} cores (" in told
    assert all(f", {named}, " in told for named in versions), told


def test_what_is_only_shown_is_neither_reached_nor_missed() -> None:
    assert row([9] * 5, [1] * 5, SHOWN).cells[-2:] == ["shown", ""]


@pytest.mark.parametrize(("ours", "theirs"), [([1] * 4, [1] * 4), ([1] * 5, [1] * 6)])
def test_too_few_runs_are_no_figure(ours: list[float], theirs: list[float]) -> None:
    with pytest.raises(ValueError, match="reading"):
        row(ours, theirs)


def test_a_section_is_put_in_the_place_of_the_one_with_its_title(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "FILE", tmp_path / "BENCHMARKS.md")
    titles = ["First", "Second"]
    table.put("## Second\n\nold\n", titles)
    table.put("## First\n\nnew\n", titles)
    table.put("## Second\n\nnew\n", titles)
    assert table.FILE.read_text() == f"{table.INTRODUCTION}\n## First\n\nnew\n\n## Second\n\nnew\n"
