"""What the pages do to a browser: during a sync, over many events, and at many albums."""

import statistics
from collections.abc import Iterator, Sequence

from tests.benchmarks import large_catalog, live_page, pages
from tests.benchmarks.table import FEWEST_RUNS, SHOWN, Goal, Row, Section, Series, bounded
from tests.browser.chromium import launched

RUNS = FEWEST_RUNS
EVENTS_A_SECOND = 20
MOST_UPDATES_A_SECOND = 10
LONGEST_TASK_MS = 100
TOLD_TASK_MS = 50  # browsers tell of no shorter task, so that is what counts where none is told
MOST_SHIFT = 0.02
FIRST_PAINT_MS, SEARCH_MS = 1000, 100
WITHIN = Goal("at most 1", at_most=1)
NEVER_OVER = Goal("at most 1, in every run", at_most=1, of=max)
HOW = f"""\
Headless Chromium, `manage.py serve`, SQLite and the demo server share this machine. For the live
page somebody looks at an empty catalog while two syncs fill it with {live_page.PACED_ALBUMS} albums
and then change each of them; every tenth row of the sheet fails. An update is everything that
changes in the page before one paint, counted in whatever second has the most; tasks and shifts are
what `PerformanceObserver` tells, and a task of less than {TOLD_TASK_MS} ms, of which it does not,
counts as that. What a page holds is its JavaScript heap, at rest and after a garbage collection, of
{live_page.PAGES} pages side by side that follow a log as it grows. The catalog of
{large_catalog.ALBUMS:,} albums, of {pages.TRACKS} tracks each, is loaded by a browser that has
nothing in its cache, and “{large_catalog.TYPED}” is typed into its search: from each key to the end
of the paint that shows the first 24 of the 60 that it finds, which are more than are in sight, and
to the end of the next one, which shows all of them. Most letters find others than those
before them, with new covers. The reference is the bound, but for what a page holds.
"""


def measure() -> Section:
    with launched() as browser:
        chromium = f"Chromium {browser.version}"
        work = [live_page.at_a_pace(browser) for _ in range(RUNS)]
        few, many = live_page.held_mib(browser)
        with large_catalog.large_catalog() as server:
            paints = [large_catalog.first_paint_ms(browser, server) for _ in range(RUNS)]
            searches = [large_catalog.searched_ms(browser, server) for _ in range(RUNS)]
    seen = [run.observed for run in work]
    tasks = [max(TOLD_TASK_MS, one.longest_task_ms) for one in seen]
    held = f"after {live_page.MANY_EVENTS:,} events"
    catalog = f"{large_catalog.ALBUMS:,} albums"
    rows = [
        bounded(
            "events a second", [one.events_a_second for one in work], "/s", EVENTS_A_SECOND, SHOWN
        ),
        bounded(
            "DOM updates in the busiest second",
            [one.updates_a_second for one in seen],
            "/s",
            MOST_UPDATES_A_SECOND,
            NEVER_OVER,
        ),
        bounded("longest task", tasks, "ms", LONGEST_TASK_MS, NEVER_OVER),
        bounded(
            "largest layout shift",
            [one.largest_shift for one in seen],
            "",
            MOST_SHIFT,
            NEVER_OVER,
        ),
        Row(
            f"a page {held}",
            Series(many, "MiB"),
            f"after {live_page.FEW_EVENTS:,}",
            Series(few, "MiB"),
            Goal("at most 1.2", at_most=1.2),
        ),
        bounded(f"{catalog}: first contentful paint", paints, "ms", FIRST_PAINT_MS, WITHIN),
        *_searches(f"{catalog}: from a key to the first that it finds", searches, 0),
        *_searches(f"{catalog}: from a key to all of the page", searches, 1),
    ]
    return Section(HOW, rows, ["playwright"], [chromium])


def _searches(
    work: str, runs: Sequence[Sequence[tuple[float, float]]], which: int
) -> Iterator[Row]:
    for said, of in (("median of the keys", statistics.median), ("slowest of the keys", max)):
        times = [of([key[which] for key in keys]) for keys in runs]
        yield bounded(f"{work}, {said}", times, "ms", SEARCH_MS, WITHIN)
