"""When the web server is told to stop, browsers are told, too, before their connections are cut;
then the process ends, whatever its threads are about."""

import asyncio
import logging
import os
import sys

from syncengine.hub import close_process_hub

FLUSH_S = 0.3  # for the close frames to leave
STOP_LIMIT_S = 6.0  # for requests to be answered, and for the worker of `serve` to hand over


def stop_cleanly() -> None:
    """Call it before the server runs. Daphne's own trigger waits for nothing, and fails where
    somebody has connected within the last second (kill_all_applications, daphne/server.py 4.2), so
    no consumer can count on hearing of the end. Under another server than Daphne this does nothing.
    """
    # Not before the server is wanted: it installs the reactor that runs in asyncio's loop.
    import daphne.server  # noqa: F401
    from twisted.internet import defer, reactor

    async def close() -> None:
        # Daphne waits for every request, and a request may wait for a lock of the database.
        asyncio.get_running_loop().call_later(STOP_LIMIT_S, _end)
        await close_process_hub()
        await asyncio.sleep(FLUSH_S)

    reactor.addSystemEventTrigger(
        "before",
        "shutdown",  # type: ignore[arg-type]
        lambda: defer.Deferred.fromFuture(asyncio.ensure_future(close())),
    )
    reactor.addSystemEventTrigger("after", "shutdown", _end)  # type: ignore[arg-type]


def _end() -> None:
    """End at once. Python would first wait for every thread, and for ever for one of a request that
    waits for the event loop, which has ended (asgiref/current_thread_executor.py, 3.13). What they
    have not committed is as if never begun.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)
