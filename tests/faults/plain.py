"""What Groovelog is held against: plain Channels fan-out, as the tutorials have it.

A consumer for each socket joins the group, and each event is sent to the group once, as soon as it
is in the log. Run it as `daphne tests.faults.plain:application`.
"""

import asyncio
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

from django.core.asgi import get_asgi_application

get_asgi_application()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402

from syncengine import log  # noqa: E402
from syncengine.duties import DatabaseThread  # noqa: E402

GROUP = "plain"
LOOK_S = 0.02


class PlainConsumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def log_event(self, message: dict[str, Any]) -> None:
        await self.send(str(message["position"]))


async def send_events() -> None:
    """Send every event of an empty log to the group, one after another."""
    database, position = DatabaseThread("plain"), 0
    while True:
        for event in await database(log.events_after, position):
            position = event.position
            await get_channel_layer().group_send(GROUP, {"type": "log.event", "position": position})
        await asyncio.sleep(LOOK_S)


tasks: list[asyncio.Task[None]] = []


async def ready(scope: Any, receive: Any, send: Any) -> None:
    """Any page: the process answers, and sends."""
    if not tasks:
        tasks.append(asyncio.create_task(send_events()))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


application = ProtocolTypeRouter({"http": ready, "websocket": PlainConsumer.as_asgi()})
