"""How the product talks to Redis: a network that swallows packets is noticed, and what a process
that was killed leaves behind is soon forgotten."""

import hashlib
import socket
from typing import Any

# As for PostgreSQL. channels-redis waits without a limit of its own, and for some answers it holds
# a lock meanwhile, so that nothing would be heard again until the process is restarted.
CONNECT_LIMIT_S = 5
KEEPALIVE = {
    "TCP_KEEPIDLE": 10,  # seconds without a packet before the first probe
    "TCP_KEEPINTVL": 5,  # seconds
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 20_000,  # milliseconds that sent data may stay unacknowledged
}
# A web process joins its group again every few seconds, so one that does not is dead; but each
# judges that by its own clock, and some clocks are an hour off.
GROUP_EXPIRY_S = 2 * 60 * 60


def channel_layer(url: str, secret_key: str) -> dict[str, Any]:
    """The entry of `CHANNEL_LAYERS` for the server at this URL. All processes of an installation
    have the same key, and those of another one, which may share the server, do not hear them."""
    host: dict[str, Any] = {"address": url}
    if not url.startswith("unix:"):
        # Not every system has every option.
        options = {getattr(socket, name, None): value for name, value in KEEPALIVE.items()}
        options.pop(None, None)
        host |= {
            "socket_connect_timeout": CONNECT_LIMIT_S,
            "socket_keepalive": True,
            "socket_keepalive_options": options,
        }
    prefix = f"groovelog-{hashlib.sha256(secret_key.encode()).hexdigest()[:16]}"
    return {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [host], "group_expiry": GROUP_EXPIRY_S, "prefix": prefix},
    }
