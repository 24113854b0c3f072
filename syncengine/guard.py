"""Whether the record holds, as pages show it: every worker verifies the log, and what it finds
wrong stays on the pages of admins and auditors until the log is verified sound again."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable

from django.db import Error
from django.utils import timezone

from syncengine.duties import DatabaseThread
from syncengine.models import SPOILED, Finding
from syncengine.outages import in_a_line
from syncengine.verify import Report, verify

logger = logging.getLogger("groovelog.guard")

EVERY_S = 3600.0
PAGE_REST_S = 0.05  # between two pages of the log: others want the processor, too
REST = 20  # so many times as long as a verification took, none is begun: 5 % of a core at most
MOST_REST_S = 60.0  # after one that failed, for which it may only have waited


class Stopped(Exception):
    """The worker stops; the log was not read to its end."""


class Guard:
    """Verifies the whole log beside a worker: at its start, when a sync begins, and every hour."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._stopped = threading.Event()
        self._database = DatabaseThread("guard")

    def look(self) -> None:
        """Ask for a verification as soon as may be."""
        self._asked.set()

    async def guarding(self) -> None:
        """Verify again and again, until cancelled. Raises the errors of the database."""
        while True:
            self._asked.clear()
            began = time.monotonic()
            try:
                await self._database(check, self._pause)
            except Error:
                await asyncio.sleep(min(REST * (time.monotonic() - began), MOST_REST_S))
                raise
            await asyncio.sleep(REST * (time.monotonic() - began))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), EVERY_S)

    async def close(self) -> None:
        """End the verification that is under way, within a page of the log."""
        self._stopped.set()
        await self._database.close()

    def _pause(self, position: int) -> None:
        if self._stopped.wait(PAGE_REST_S):
            raise Stopped(f"at position {position}")


def check(progress: Callable[[int], None] = lambda position: None) -> Report:
    """Verify the log, and keep what is wrong with it for the pages, or forget what was."""
    report = _verified(progress)
    for problem in report.problems:
        logger.critical("the log does not hold: %s", problem)
    try:
        _keep(report)
    except Error as error:
        logger.warning("pages are not told of the verification: %s", type(error).__name__)
    return report


def _verified(progress: Callable[[int], None]) -> Report:
    """The report; where the log is such that none can be made, that is what is wrong with it."""
    try:
        return verify(progress)
    except SPOILED as error:
        logger.exception("the verification failed")
        return Report(problems=[f"the log cannot be verified: {in_a_line(error)}"])


def finding() -> Finding | None:
    """What the newest verification found wrong, None where the log holds."""
    return Finding.objects.first()


def _keep(report: Report) -> None:
    known = finding()
    if report.is_sound:
        if known is not None:
            known.delete()
        return
    found = known or Finding(found_at=timezone.now())
    found.holds_to, found.first_bad = report.holds_to, report.first_bad
    found.problem = report.problems[0]
    found.save()
