"""When the web server is told to stop, browsers are told, too, before their connections are cut."""

import asyncio

from syncengine.hub import close_process_hub

FLUSH_S = 0.3  # for the close frames to leave


def close_sockets_first() -> None:
    """Call it before the server runs. Daphne's own trigger waits for nothing, and fails where
    somebody has connected within the last second (kill_all_applications, daphne/server.py 4.2), so
    no consumer can count on hearing of the end. Under another server than Daphne this does nothing.
    """
    # Django has loaded Daphne's app, which has installed the reactor that runs in asyncio's loop.
    from twisted.internet import defer, reactor

    async def close() -> None:
        await close_process_hub()
        await asyncio.sleep(FLUSH_S)

    reactor.addSystemEventTrigger(
        "before",
        "shutdown",  # type: ignore[arg-type]
        lambda: defer.Deferred.fromFuture(asyncio.ensure_future(close())),
    )
