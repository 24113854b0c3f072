"""`BENCHMARKS.md`, as the newest run of the command has left it."""

import re

import pytest

from tests.benchmarks import table
from tests.benchmarks.suite import SUITE

SECTIONS = table.sections(table.FILE.read_text())


def test_it_has_all_sections_of_the_suite_in_its_order() -> None:
    assert [*SECTIONS] == [*SUITE.values()]


@pytest.mark.parametrize("name", SUITE)
def test_each_section_says_how_it_was_measured_and_where(name: str) -> None:
    told = SECTIONS[SUITE[name]]
    assert re.search(
        rf"`python -m tests\.benchmarks {name}`, \d{{4}}-\d\d-\d\d, commit \w+, \d+ cores"
        r" \(.+\), \w+, Python [\d.]+, SQLite [\d.]+, django [\d.]+.*, load [\d.]+\.",
        told,
    )


@pytest.mark.parametrize("name", SUITE)
def test_whatever_missed_what_was_wanted_says_why(name: str) -> None:
    told = SECTIONS[SUITE[name]]
    missed = [
        line.split(" | ")[0].removeprefix("| ") for line in told.splitlines() if "**no**" in line
    ]
    for work in missed:
        assert f"**Missed: {work}.**" in told
    assert "not known yet" not in told
