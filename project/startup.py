"""A web process follows the log from its start on, not from its first browser on: where it has been
restarted, all its browsers come in the same moment."""

from typing import Any

from syncengine.hub import process_hub


def follow_the_log() -> None:
    """Call it before the server runs, which is Daphne; under another one this does nothing."""
    # Not before the server is wanted: it installs the reactor that runs in asyncio's loop.
    import daphne.server  # noqa: F401
    from twisted.internet import reactor

    reactor.callLater(0, process_hub)  # type: ignore[arg-type]


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The same for other servers (https://asgi.readthedocs.io/en/latest/specs/lifespan.html)."""
    await receive()  # lifespan.startup
    process_hub()
    await send({"type": "lifespan.startup.complete"})
    await receive()  # lifespan.shutdown
    await send({"type": "lifespan.shutdown.complete"})
