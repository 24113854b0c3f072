"""The ASGI application: `daphne asgi:application`."""

import os
import sys

from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
try:
    django_application = get_asgi_application()
except ImproperlyConfigured as error:
    sys.exit(f"Groovelog cannot start: {error}")

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from project.outages import refused_in_an_outage
from syncengine.consumers import SyncConsumer
from syncengine.origin import same_origin_only

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": same_origin_only(
            refused_in_an_outage(
                AuthMiddlewareStack(URLRouter([path("ws/sync/", SyncConsumer.as_asgi())]))
            )
        ),
    }
)
