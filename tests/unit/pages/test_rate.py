"""Rate, time left and duration stay sane whatever the clocks of workers and servers do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from frontend.panel import panel, rate, seconds_left
from syncengine.events import Event, instant
from syncengine.projection import refolded
from tests.examples import OPERATION, example

BEGAN = datetime(2026, 10, 25, 0, 59, 50, tzinfo=UTC)  # ten seconds before a change of DST
A_SECOND = 3  # albums
TOTAL = 600
HOUR_S = 3600


def operation(worker_s: dict[int, int], seconds: int) -> dict[str, Any]:
    """As it stands after so many seconds of even work. `worker_s`: from which second on the
    worker's clock was wrong by how much."""
    pace = []
    for second in range(seconds):
        wrong_s = next((w for since, w in reversed(worker_s.items()) if second >= since), 0)
        at = BEGAN + timedelta(seconds=second + wrong_s)
        pace.append([instant(at), A_SECOND * (second + 1)])
    done = pace[-1][1]
    return {
        "pace": pace[-30:],
        "total": TOTAL,
        "synced": done,
        "failed": 0,
        "state": "running",
        "cancel_requested_by": None,
    }


def test_without_a_jump_it_is_the_pace_of_the_newest_half_minute() -> None:
    now = BEGAN + timedelta(seconds=59)
    per_second = rate(operation({}, 60), now)
    assert per_second == pytest.approx(A_SECOND)
    assert seconds_left(operation({}, 60), per_second, now) == pytest.approx(
        (TOTAL - 60 * A_SECOND) / A_SECOND
    )


@pytest.mark.parametrize("worker_s", [HOUR_S, -HOUR_S])
@pytest.mark.parametrize("page_s", [0, HOUR_S, -HOUR_S])
def test_a_jump_shows_no_estimate_or_one_in_the_right_order_of_size(
    worker_s: int, page_s: int
) -> None:
    shown = 0
    for second in range(20, 100):
        now = BEGAN + timedelta(seconds=second + (page_s if second >= 25 else 0))
        shown_now = operation({25: worker_s}, second + 1)
        per_second = rate(shown_now, now)
        if per_second is None:
            continue
        shown += 1
        assert A_SECOND / 2 <= per_second <= A_SECOND * 1.01
        left = seconds_left(shown_now, per_second, now)
        assert left is not None and 0 <= left <= 2 * TOTAL / A_SECOND
    assert shown >= 5


def test_a_clock_that_is_right_again_gives_an_estimate_again() -> None:
    for wrong_s in (HOUR_S, -HOUR_S):
        now = BEGAN + timedelta(seconds=79)
        assert rate(operation({25: wrong_s, 40: 0}, 80), now) == pytest.approx(A_SECOND)


@pytest.mark.parametrize(("seconds", "said"), [(75, "1 min 15 s"), (0, "under 1 s"), (-75, "")])
def test_nobody_says_how_long_a_sync_took_whose_clock_was_set_back(seconds: int, said: str) -> None:
    ended = BEGAN + timedelta(seconds=seconds)
    status = refolded(
        Event(position, OPERATION, kind, 1, instant(at), example(kind)["data"], "", "")
        for position, (kind, at) in enumerate(
            [("requested", BEGAN), ("started", BEGAN), ("completed", ended)], start=1
        )
    )
    assert panel(status, ended)["duration"] == said
