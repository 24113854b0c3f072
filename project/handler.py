"""How a request is answered: in one go, in a thread of its own."""

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class InOneGo(ASGIHandler):
    """Django's handler, with everything from the first middleware to the view in one call.

    No middleware and no view here is asynchronous. Django would nevertheless go back to its event
    loop after every middleware and leave it again for the next, some twenty times a request. Each
    time waits for whatever else that loop does, and `/healthz` took twice the processor's time.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response)(request)
