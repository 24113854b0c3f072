"""What an auditor waits for, on one log of 10,000, then 100,000, then 1,000,000 events.

Beside the time that passes stands the processor time of the process that works, which other work
on the machine changes little; on SQLite the database is in it, on PostgreSQL it is not.
"""

import os
from collections.abc import Callable, Mapping

from syncengine import checkpoints, log
from tests.benchmarks import auditor_pages, auditor_proof
from tests.benchmarks.database import fresh_database
from tests.benchmarks.long_log import ALBUMS, EVENTS_A_SYNC, LongLog
from tests.benchmarks.report import Cost, Figure, show

SIZES = (10_000, 100_000, 1_000_000)  # events

Costs = Mapping[str, Cost]
PARTS: Mapping[str, Callable[[str], Costs]] = {
    "Pages": auditor_pages.costs,
    "Proof": auditor_proof.costs,
}


def measure() -> None:
    found: dict[str, dict[int, Costs]] = {title: {} for title in PARTS}
    with fresh_database() as url:
        long = LongLog()
        for size in SIZES:
            long.grow(size)
            checkpoints.record()
            print(f"The log has {log.head().position:,} events. {_load()}", flush=True)
            for title, costs in PARTS.items():
                found[title][size] = costs(url)
                print(f"{title} are measured. {_load()}", flush=True)
    syncs = SIZES[-1] // EVENTS_A_SYNC
    for title, at in found.items():
        largest = f"{SIZES[-1]:,} events in {syncs:,} syncs of {ALBUMS:,} albums"
        show(f"{title}, at {largest}", [_figure(name, at) for name in at[SIZES[-1]]])


def _load() -> str:
    """How much else the machine does: 1 is what the benchmark itself asks for."""
    return f"Processes that want a core, within the last minute: {os.getloadavg()[0]:.1f}"


def _figure(name: str, at: Mapping[int, Costs]) -> Figure:
    smallest, *_, largest = SIZES
    most, least = at[largest][name], at[smallest][name]
    return Figure(
        name,
        str(most),
        ", ".join(f"{at[size][name]} at {size:,}" for size in SIZES[:-1]),
        f"{most.worked_s / least.worked_s:.1f} times the work for {largest // smallest} times"
        " the log",
        most.wanted,
    )
