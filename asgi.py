"""The ASGI application: `daphne asgi:application`."""

import gc
import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
try:
    django.setup(set_prefix=False)
except ImproperlyConfigured as error:
    sys.exit(f"Groovelog cannot start: {error}")

# The apps must be loaded before these.
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.urls import path, re_path

from frontend.preload import compile_templates
from project import access_log, frames, open_files, requests, turns
from project.handler import InOneGo
from project.outages import closed_in_an_outage
from project.shutdown import stop_cleanly
from project.startup import follow_the_log, lifespan
from syncengine import metrics
from syncengine.consumers import sync_socket
from syncengine.origin import same_origin_only
from syncengine.sockets import CLOSE_CODES

requests.bound()
frames.bound()
access_log.in_the_form_of_the_others()
open_files.make_room_for(settings.MAX_SOCKETS)
metrics.serves_sockets(settings.MAX_SOCKETS, CLOSE_CODES)
follow_the_log()
stop_cleanly()
sockets = [
    path("ws/sync/", sync_socket),  # type: ignore[arg-type]  # the stubs expect a view
    re_path("", WebsocketDenier.as_asgi()),  # without it every other path is an error of ours
]
application = ProtocolTypeRouter(
    {
        "http": access_log.about_their_syncs(
            turns.taking_turns(requests.at_the_readers_pace(InOneGo()))
        ),
        "websocket": same_origin_only(closed_in_an_outage(URLRouter(sockets))),
        "lifespan": lifespan,
    }
)
compile_templates()
# What is loaded by now stays, so full collections need not look through it again: every socket
# waits for them, and where a thousand watch one took 130 ms, of which 60 were for this.
gc.collect()
gc.freeze()
