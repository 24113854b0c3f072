"""The parts of a sync along one line of time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from frontend.waterfall import GAP, Lane, Waterfall, waterfall
from syncengine.story import Step

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def steps(*told: tuple[float, str, dict[str, Any]]) -> list[Step]:
    return [Step(n, kind, at(s), data) for n, (s, kind, data) in enumerate(told, start=1)]


def stage(seconds: float, name: str) -> tuple[float, str, dict[str, Any]]:
    return seconds, "stage-started", {"stage": name}


def waiting(seconds: float, until: float) -> tuple[float, str, dict[str, Any]]:
    return seconds, "waiting", {"until": at(until).isoformat()}


BEGUN = (
    (0, "requested", {}),
    (5, "started", {}),
    stage(10, "sheet"),
    stage(20, "spotify"),
    stage(30, "albums"),
)


def chart(*more: tuple[float, str, dict[str, Any]], until: float = 100) -> Waterfall:
    found = waterfall(steps(*BEGUN, *more), at(until))
    assert found is not None
    return found


def lanes(found: Waterfall) -> dict[str, Lane]:
    return {lane.name: lane for lane in found.lanes}


def test_each_stage_begins_with_its_event_and_the_last_two_overlap() -> None:
    found = lanes(chart((100, "completed", {})))
    assert list(found) == ["idle", "sheet", "spotify", "albums"]
    assert found["idle"].bars == [("0.00%", "5.00%")]
    assert found["sheet"].bars == [("10.00%", "10.00%")]
    assert found["spotify"].bars == [("20.00%", "80.00%")]
    assert found["albums"].bars == [("30.00%", "70.00%")]
    assert (found["albums"].after, found["albums"].took) == ("after 30 s", "1 min 10 s")


def test_a_wait_lasts_until_it_is_over_or_something_else_happens() -> None:
    cut_short = (60, "cancel-requested", {})
    found = lanes(chart(waiting(40, until=45), waiting(50, until=1000), cut_short))
    assert found["waiting"].bars == [("40.00%", "5.00%"), ("50.00%", "10.00%")]
    assert (found["waiting"].times, found["waiting"].took) == (2, "15 s")


def test_the_time_after_a_worker_s_last_sign_is_time_without_a_worker() -> None:
    silent = Step(6, "resumed", at(80), {"reason": "lease-expired"}, silent_since=at(60))
    waited = Step(7, "resumed", at(90), {"reason": "wait-over"}, silent_since=at(85))
    found = waterfall([*steps(*BEGUN), silent, waited], at(100))
    assert found is not None
    assert lanes(found)["idle"].bars == [("0.00%", "5.00%"), ("60.00%", "20.00%")]


def test_a_sync_that_failed_at_once_has_only_what_there_was() -> None:
    found = waterfall(steps((0, "requested", {}), (2, "failed", {})), at(2))
    assert found is not None
    assert list(lanes(found)) == ["idle"]


def test_no_length_is_negative_where_a_clock_was_set_back() -> None:
    found = chart((7, "completed", {}), until=7)
    assert found.set_back
    widths = [float(width[:-1]) for lane in found.lanes for _, width in lane.bars]
    assert all(0 <= width <= 100 for width in widths)
    assert not chart().set_back


def test_a_thousand_waits_are_few_bars() -> None:
    many = [waiting(30 + n * 0.07, 30 + n * 0.07 + 0.05) for n in range(1000)]
    bars = lanes(chart(*many))["waiting"].bars
    assert len(bars) <= 100 / GAP
    assert lanes(chart(*many))["waiting"].times == 1000


def test_data_that_was_tampered_with_is_passed_over() -> None:
    told = [
        *steps(*BEGUN),
        Step(6, "waiting", at(40), None),
        Step(7, "waiting", at(41), {"until": 3}),
    ]
    assert waterfall(told, at(100)) is not None
    assert waterfall([], at(100)) is None
