"""The charts of the history: what their bars are, and how far their scales go."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from frontend import charts

AT = datetime(2026, 11, 3, 14, 2, tzinfo=UTC)


def row(state: str = "completed", seconds: float | None = 10, failed: int = 0) -> dict[str, Any]:
    return {
        "operation": SimpleNamespace(requested_at=AT),
        "url": "/syncs/0/",
        "state": state,
        "unfinished": state == "running",
        "duration": None if seconds is None else timedelta(seconds=seconds),
        "numbers": {"failed": failed},
    }


def heights(chart: charts.Chart) -> list[str]:
    return [bar.height for bar in chart.bars]


def test_the_newest_sync_stands_last_though_its_row_comes_first():
    chart = charts.durations([row(seconds=20), row(seconds=5)])
    assert heights(chart) == ["25%", "100%"]
    assert [float(bar.x[:-1]) for bar in chart.bars] == pytest.approx([0.56, 4.56])


def test_fifty_bars_fill_the_chart():
    chart = charts.durations([row()] * 50)
    last = chart.bars[-1]
    assert float(last.slot_x[:-1]) + float(last.slot_width[:-1]) == pytest.approx(100)


def test_each_bar_says_when_how_long_and_how_it_ended():
    label = charts.durations([row("warnings", 125)]).bars[0].label
    assert label == "3 Nov 2026, 14:02 UTC: 2 min 5 s, completed with warnings"


def test_a_sync_under_way_has_a_mark_instead_of_a_bar():
    [bar] = charts.durations([row("running", None)]).bars
    assert (bar.height, bar.mark) == ("", "running")
    assert bar.label.endswith("under way")


def test_a_sync_whose_clock_was_set_back_has_no_bar():
    [bar] = charts.durations([row("failed", None)]).bars
    assert (bar.height, bar.mark) == ("", "")
    assert "nobody knows how long" in bar.label


def test_however_short_a_sync_was_it_has_a_bar():
    assert heights(charts.durations([row(seconds=0), row(seconds=100)]))[1] == "1.5%"


def test_few_long_syncs_are_cut_so_that_the_others_can_be_told_apart():
    chart = charts.durations([row(seconds=50_000), *[row(seconds=8)] * 20])
    assert chart.ticks[0] == "10 s"
    assert [bar.cut for bar in chart.bars] == [False] * 20 + [True]
    assert heights(chart) == ["80%"] * 20 + ["100%"]
    assert chart.has_cut
    assert "the longest 13 h 53 min" in chart.summary


@pytest.mark.parametrize("seconds", [(9, 8), (22, 4), (22, 4, 4), (22, 4, 4, 4)])
def test_of_few_syncs_none_is_cut(seconds: tuple[float, ...]):
    chart = charts.durations([row(seconds=one) for one in seconds])
    assert not chart.has_cut
    assert len(seconds) < charts.FEW


def test_one_among_some_is_cut_when_it_would_flatten_the_others():
    chart = charts.durations([row(seconds=50_000), *[row(seconds=8)] * 4])
    assert [bar.cut for bar in chart.bars] == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [
        (0, ("2 s", "1 s", "0")),
        (47, ("1 min", "30 s", "0")),
        (3000, ("1 h", "30 min", "0")),
        (400_000, ("6 days", "3 days", "0")),
    ],
)
def test_the_scale_ends_at_a_round_time(seconds: float, ticks: tuple[str, ...]):
    assert charts.durations([row(seconds=seconds)]).ticks == ticks


@pytest.mark.parametrize(
    ("failed", "ticks"),
    [
        (0, ("2", "1", "0")),
        (1, ("2", "1", "0")),
        (5, ("6", "3", "0")),
        (47, ("60", "30", "0")),
        (3475, ("4000", "2000", "0")),
    ],
)
def test_failures_have_a_scale_of_whole_albums(failed: int, ticks: tuple[str, ...]):
    assert charts.failures([row(failed=failed)]).ticks == ticks


def test_a_sync_that_failed_as_a_whole_is_marked_among_the_failures():
    chart = charts.failures([row("failed", 3), row("warnings", failed=2), row()])
    assert [bar.mark for bar in chart.bars] == ["", "", "failed"]
    assert [bar.height for bar in chart.bars] == ["", "100%", ""]
    assert chart.summary == (
        "Albums failed in 1 of 3 syncs, at most 2 at once, 1 sync failed as a whole."
    )


def test_charts_of_syncs_that_have_not_ended_say_so():
    assert charts.durations([row("running", None)]).summary == "None of them has ended."
