"""Failures in a row, and what ends them."""

from datetime import UTC, datetime

from syncengine.biography import FailingRun, Step, failing_runs

NOW = datetime(2026, 11, 3, tzinfo=UTC)
KINDS = {"f": "album-failed", "s": "album-synced", "r": "album-removed", "u": "albums-unchanged"}


def step(position: int, kind: str) -> Step:
    return Step(position, KINDS[kind], f"sync {position}", NOW)


def runs(life: str, **healed_after: str) -> list[FailingRun]:
    steps = [step(position, kind) for position, kind in enumerate(life, start=10)]
    healings = {int(after[1:]): step(int(by), "u") for after, by in healed_after.items()}
    return list(failing_runs(steps, healings))


def test_a_life_without_failures_has_no_runs() -> None:
    assert runs("sss") == runs("") == []


def test_failures_in_a_row_are_one_run() -> None:
    [run] = runs("sfff")
    assert (run.first.position, run.last.position, run.syncs, run.end) == (11, 13, 3, None)
    assert not run.is_healed


def test_a_success_heals_and_the_next_failure_begins_anew() -> None:
    first, second = runs("ffsf")
    assert (first.syncs, second.syncs) == (2, 1)
    assert first.is_healed and first.end is not None and first.end.position == 12
    assert second.end is None


def test_a_row_that_left_the_sheet_ends_a_run_without_healing_it() -> None:
    [run] = runs("sfr")
    assert run.end is not None and not run.is_healed


def test_being_left_alone_heals_too() -> None:
    first, second = runs("sfff", _12="50")
    assert (first.syncs, second.syncs) == (2, 1)
    assert first.is_healed and first.end is not None and first.end.position == 50
    assert second.end is None
    [run] = runs("sf", _11="50")
    assert run.is_healed
