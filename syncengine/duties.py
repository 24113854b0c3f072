"""What long-lived tasks share: a thread of their own for the database, and to be tried again.

An outage of the database is said once when it begins and once when it is over, however often
everything is tried meanwhile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from django.db import Error, connections

from syncengine.outages import in_a_line, outage_of

logger = logging.getLogger("groovelog.duties")

Result = TypeVar("Result")
RETRY_S = 1.0


async def tried_again(duty: Callable[[], Awaitable[Result]]) -> Result:
    """Do a duty to its end; whatever fails is logged and, after a moment, tried again."""
    while True:
        try:
            return await duty()
        except Exception as error:
            if outage_of(error) is None:  # of an outage the database thread has told
                name = getattr(duty, "__qualname__", None) or getattr(duty, "func", duty)
                logger.exception("%s failed and is tried again", name)
            await asyncio.sleep(RETRY_S)


class DatabaseThread:
    """Runs functions on the database one after another, on one thread that keeps its connection.

    Channels' `database_sync_to_async` takes any thread and, on a database server, connects anew
    each time.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._failing: set[str] = set()  # by function: on a full disk reads go on

    async def __call__(self, function: Callable[..., Result], *args: Any) -> Result:
        """Run `function` and return its result; raises what it raises."""
        loop = asyncio.get_running_loop()
        name = f"{function.__module__}.{function.__qualname__}"
        try:
            # With the context, so that what is logged there is about the same as here.
            result = await loop.run_in_executor(
                self._executor, copy_context().run, _on_connection, function, args
            )
        except Error as error:
            if outage_of(error) is not None and name not in self._failing:
                self._failing.add(name)
                logger.warning(
                    "%s: %s failed and is tried again: %s", self._name, name, in_a_line(error)
                )
            raise
        if name in self._failing:
            self._failing.discard(name)
            logger.warning("%s: %s works again", self._name, name)
        return result

    async def close(self) -> None:
        await self(connections.close_all)
        self._executor.shutdown(wait=False)


def _on_connection(function: Callable[..., Result], args: tuple[Any, ...]) -> Result:
    try:
        return function(*args)
    except Error:
        connections.close_all()  # it may be the connection that is broken
        raise
