"""The product as it is, with events on request."""

import asyncio

from asgi import application as product
from syncengine.events import Event
from syncengine.fanout import Bell
from tests.benchmarks.apps.appending import appending_on_request


class Worker:
    """Tells of events as the worker of the product does."""

    def __init__(self) -> None:
        self._bell = Bell()
        self._ringing: asyncio.Task[None] | None = None

    async def tell(self, event: Event) -> None:
        if self._ringing is None:
            self._ringing = asyncio.create_task(self._bell.ringing())
        self._bell.pull()


application = appending_on_request(product, Worker().tell)
