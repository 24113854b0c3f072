"""A socket that is accepted, and nothing else: what the server costs by itself."""

from typing import Any

from django.core.asgi import get_asgi_application

_http = get_asgi_application()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return await _http(scope, receive, send)
    await receive()  # that it connects
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass
