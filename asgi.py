"""The ASGI application: `daphne asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 (after the apps)
from django.urls import path  # noqa: E402

from project.outages import closed_in_an_outage  # noqa: E402
from project.shutdown import close_sockets_first  # noqa: E402
from syncengine.consumers import SyncConsumer  # noqa: E402
from syncengine.origin import same_origin_only  # noqa: E402

close_sockets_first()
application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": same_origin_only(
            closed_in_an_outage(URLRouter([path("ws/sync/", SyncConsumer.as_asgi())]))
        ),
    }
)
