"""A process that appends, in whichever of the ways of `tests.benchmarks.ways` it is told to.

`python -m tests.benchmarks.writer` says `ready` when the database that `DATABASE_URL` names has
what it needs. Then it answers each line that it reads:

- `["took", [WAY, ...], COUNT]`: appends so many events in each way, one of each in turn, so that
  whatever else the machine does meets all of them alike; answers the seconds that each way took.
- `["within", WAY, SECONDS]`: answers how many events it appended in that time.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

SETTINGS = "tests.benchmarks.eventstream_settings"

Way = Callable[[int], None]


class Writer:
    """Such a process, as the benchmark has it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, *question: Any) -> None:
        """Let it begin."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Wait until it is done."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the writer has ended"
        return json.loads(line)


@contextmanager
def writer(url: str) -> Iterator[Writer]:
    """A writer to this database, until the block ends; the first one prepares it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.writer"],
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": SETTINGS},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:  # closes its input, and then it ends
        made = Writer(process)
        assert made.answer() == "ready"
        yield made


def main() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)

    from syncengine import log
    from tests.benchmarks.ways import ALBUMS, WAYS, prepare

    if log.head().position == 0:
        prepare()
    numbers = count(ALBUMS)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        what, ways, much = json.loads(line)
        found: Any
        if what == "took":
            found = _took([WAYS[way] for way in ways], much, numbers)
        else:
            found = _within(WAYS[ways], much, numbers)
        print(json.dumps(found), flush=True)


def _took(ways: Sequence[Way], events: int, numbers: Iterator[int]) -> list[float]:
    took_s = [0.0] * len(ways)
    for _ in range(events):
        for place, way in enumerate(ways):
            began = time.perf_counter()
            way(next(numbers))
            took_s[place] += time.perf_counter() - began
    return took_s


def _within(way: Way, seconds: float, numbers: Iterator[int]) -> int:
    until = time.perf_counter() + seconds
    events = 0
    while time.perf_counter() < until:
        way(next(numbers))
        events += 1
    return events


if __name__ == "__main__":
    main()
