"""`python -m tests.benchmarks.hurried FACTOR MODULE [ARGUMENT ...]`: run a module as a program for
which time passes so much faster.

What is hurried are the monotonic clock, `time.sleep`, and the waits of asyncio's event loop; the
wall clock and waits of threads are not. Work takes as long as ever, so it seems to take longer.
"""

import runpy
import selectors
import sys
import time


def hurry(factor: float) -> None:
    """Let time pass faster in this process. To be called before asyncio is used."""
    monotonic, sleep, select = time.monotonic, time.sleep, selectors.DefaultSelector.select

    def hurried_select(
        self: selectors.DefaultSelector, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        return select(self, None if timeout is None else timeout / factor)

    def hurried_sleep(seconds: float) -> None:
        sleep(seconds / factor)

    time.monotonic = lambda: monotonic() * factor
    time.sleep = hurried_sleep  # type: ignore[assignment]
    selectors.DefaultSelector.select = hurried_select  # type: ignore[method-assign]


if __name__ == "__main__":
    _, told, module, *arguments = sys.argv
    hurry(float(told))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
