"""Whether a worker is alive, as an observer tells whatever the wall clocks do."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from syncengine import presence
from syncengine.presence import PresenceWatch

pytestmark = pytest.mark.usefixtures("database")
HOUR_S = 3600.0


class Clocks:
    """A machine's two clocks; time passes on both, and the wall clock can be wrong."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._began = timezone.now()
        self.passed_s = 0.0
        self.wrong_by(0)

    def monotonic(self) -> float:
        return 1000 + self.passed_s

    def wrong_by(self, seconds: float) -> None:
        wall = self._began + timedelta(seconds=self.passed_s + seconds)
        self._patch.setattr(timezone, "now", partial(_value, wall))


def _value(value: Any) -> Any:
    return value


@pytest.mark.parametrize("worker_s", [0, HOUR_S, -HOUR_S])
@pytest.mark.parametrize("observer_s", [0, HOUR_S, -HOUR_S])
def test_a_worker_lives_as_long_as_it_writes_and_six_seconds_more(
    monkeypatch: pytest.MonkeyPatch, worker_s: float, observer_s: float
) -> None:
    clocks = Clocks(monkeypatch)
    watch = PresenceWatch(clocks.monotonic)
    for _ in range(4):
        clocks.wrong_by(worker_s)
        presence.seen("w")
        clocks.passed_s += 1
        clocks.wrong_by(observer_s)
        alive = watch.is_alive()  # the first look may be wrong
        clocks.passed_s += 1
    assert alive
    seen_s = []
    for _ in range(10):
        clocks.wrong_by(observer_s)
        if watch.is_alive():
            seen_s.append(clocks.passed_s)
        clocks.passed_s += 1
    assert len(seen_s) in (4, 5)  # it wrote two seconds before the first of these looks


def test_a_clock_that_jumps_between_two_looks_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clocks = Clocks(monkeypatch)
    watch = PresenceWatch(clocks.monotonic)
    presence.seen("w")
    assert watch.is_alive()
    for jump_s in (HOUR_S, -HOUR_S):
        clocks.passed_s += 2
        clocks.wrong_by(jump_s)
        assert watch.is_alive()
    clocks.passed_s += 3
    clocks.wrong_by(HOUR_S)
    assert not watch.is_alive()


def test_of_several_workers_one_that_lives_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch)
    watch = PresenceWatch(clocks.monotonic)
    clocks.wrong_by(HOUR_S)
    presence.seen("dead")
    clocks.wrong_by(0)
    presence.seen("alive")
    for _ in range(5):
        clocks.passed_s += 2
        clocks.wrong_by(0)
        presence.seen("alive")
        assert watch.is_alive()
    presence.gone("alive")
    assert not watch.is_alive()  # it said that it goes, and the other has long been dead
    assert watch.last_seen_at() is not None
    presence.gone("dead")
    assert watch.last_seen_at() is None
