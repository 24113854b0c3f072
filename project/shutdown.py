"""When the web server is told to stop, browsers are told, too, before their connections are cut."""

import asyncio

from syncengine.hub import close_sockets

FLUSH_S = 0.3  # for what has been written to leave


def close_sockets_first() -> None:
    """Call it before the server runs: Twisted fires its triggers in this order, and Daphne's own
    ends the consumers without a word. Under another server than Daphne it does nothing."""
    # Django has loaded Daphne's app, which has installed the reactor that runs in asyncio's loop.
    from twisted.internet import defer, reactor

    async def close() -> None:
        await close_sockets()
        await asyncio.sleep(FLUSH_S)

    reactor.addSystemEventTrigger(
        "before",
        "shutdown",  # type: ignore[arg-type]
        lambda: defer.Deferred.fromFuture(asyncio.ensure_future(close())),
    )
