"""A sheet that takes long to read and to plan, by a worker that keeps its lease meanwhile."""

import time
from typing import Any

import pytest

from albums.sources import sheet_rows
from syncengine import operations, run
from tests.demo import Demo
from tests.sheets import LINKED
from tests.syncing import (
    background_worker,
    current_operation,
    ends,
    events,
    eventually,
    explained,
    stored_operation,
)

BEAT_S = 0.2
LONG_S = 20 * BEAT_S


@pytest.mark.parametrize("step", ["reading", "planning"])
def test_the_lease_is_kept_while_a_large_sheet_is_worked_on(
    database: str, demo: Demo, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    module, name = {"reading": (sheet_rows, "parse"), "planning": (run, "make_plan")}[step]
    function = getattr(module, name)
    done: list[str] = []

    def slow(*args: Any, **kwargs: Any) -> Any:
        if not done:
            time.sleep(LONG_S)
        done.append(name)
        return function(*args, **kwargs)

    monkeypatch.setattr(module, name, slow)
    monkeypatch.setattr(operations, "BEAT_S", BEAT_S)
    demo.sheet(*LINKED)
    with explained():
        operations.start("ann", "button")
        with background_worker():
            eventually(lambda: stored_operation().worker)
            eventually(lambda: done or stored_operation().beat >= 3)
            assert not done, "it did not beat meanwhile"
            eventually(ends)
    assert current_operation()["state"] == "completed"
    assert events("resumed") == []
