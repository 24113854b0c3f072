"""Spotify's logo, which an operator who publishes a catalog adds: its licence lets nobody pass it
on (https://developer.spotify.com/documentation/design)."""

import mimetypes
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

KINDS = ("image/svg+xml", "image/png", "image/webp")


@require_safe
@cache_control(max_age=24 * 60 * 60)
def spotify_logo(request: HttpRequest) -> FileResponse:
    """The file that SPOTIFY_LOGO_FILE names; 404 where there is none or it is no image."""
    path = Path(settings.SPOTIFY_LOGO_FILE)
    kind = mimetypes.guess_type(path.name)[0]
    if not settings.SPOTIFY_LOGO_FILE or kind not in KINDS or not path.is_file():
        raise Http404("SPOTIFY_LOGO_FILE names no SVG, PNG or WebP file.")
    return FileResponse(path.open("rb"), content_type=kind)
