"""A consumer that accepts and does nothing: what the server and Channels cost by themselves."""

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application


class BareConsumer(AsyncConsumer):  # type: ignore[misc]
    channel_layer_alias = "none"

    async def websocket_connect(self, message: dict[str, str]) -> None:
        await self.send({"type": "websocket.accept"})

    async def websocket_disconnect(self, message: dict[str, str]) -> None:
        raise StopConsumer


application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": BareConsumer.as_asgi()}
)
