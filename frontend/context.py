"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest

from syncengine import guard, roles


def site(request: HttpRequest) -> dict[str, object]:
    """`demo_url` (empty outside the demo), whether there is a `spotify_logo`, the rights of whoever
    looks, and `finding`, which is asked only where it is shown: what is wrong with the log."""
    user = getattr(request, "user", None)
    return {
        "demo_url": settings.DEMO_URL,
        "spotify_logo": bool(settings.SPOTIFY_LOGO_FILE),
        "is_admin": user is not None and roles.is_admin(user),
        "is_auditor": user is not None and roles.is_auditor(user),
        "finding": guard.finding,
    }
