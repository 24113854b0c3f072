"""The reference: one consumer for each socket, subscribed to the layer, as the tutorial of Channels
has it (https://channels.readthedocs.io, "Tutorial", part 3), with what a live log needs: whoever
connects reads what it missed, by a query of its own. The server is as it comes."""

from typing import Any
from urllib.parse import parse_qs

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path

from project import open_files
from syncengine import log
from syncengine.events import Event
from syncengine.tail import encoded
from tests.benchmarks.apps.appending import appending_on_request

GROUP = "plain"


class PlainConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    async def connect(self) -> None:
        if not self.scope["user"].is_authenticated:
            await self.close()
            return
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()
        after = parse_qs(self.scope["query_string"].decode()).get("after")
        if after:
            await self.send(_text(*await database_sync_to_async(log.events_after)(int(after[0]))))

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def event_told(self, message: dict[str, Any]) -> None:
        await self.send(message["text"])


async def tell(event: Event) -> None:
    layer = get_channel_layer()
    await layer.group_send(GROUP, {"type": "event.told", "text": _text(event)})


def _text(*events: Event) -> str:
    return encoded({"type": "events", "events": [event.as_json() for event in events]})


open_files.make_room_for(settings.MAX_SOCKETS)
sockets = URLRouter([path("ws/sync/", PlainConsumer.as_asgi())])
application = appending_on_request(
    ProtocolTypeRouter(
        {
            "http": get_asgi_application(),
            "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(sockets)),
        }
    ),
    tell,
)
