"""What long-lived tasks share: a thread of their own for the database, and to be tried again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import Error, connections

logger = logging.getLogger("groovelog.duties")

Result = TypeVar("Result")
RETRY_S = 1.0


async def tried_again(duty: Callable[[], Awaitable[Result]]) -> Result:
    """Do a duty to its end; whatever fails is logged and, after a moment, tried again."""
    while True:
        try:
            return await duty()
        except Exception:
            name = getattr(duty, "__qualname__", None) or getattr(duty, "func", duty)
            logger.exception("%s failed and is tried again", name)
            await asyncio.sleep(RETRY_S)


class DatabaseThread:
    """Runs functions on the database one after another, on one thread that keeps its connection.

    Channels' `database_sync_to_async` takes any thread and, on a database server, connects anew
    each time.
    """

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def __call__(self, function: Callable[..., Result], *args: Any) -> Result:
        """Run `function` and return its result; raises what it raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, _on_connection, function, args)

    async def close(self) -> None:
        await self(connections.close_all)
        self._executor.shutdown(wait=False)


def _on_connection(function: Callable[..., Result], args: tuple[Any, ...]) -> Result:
    try:
        return function(*args)
    except Error:
        connections.close_all()  # it may be the connection that is broken
        raise
