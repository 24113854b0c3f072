"""Where an event stands: a link that opens there, however long the sync is."""

from uuid import UUID

from django.urls import reverse


def event_url(operation: str, position: int) -> str:
    """`/syncs/<id>/?at=<position>#e<position>`: the page of a sync, opened at one of its events."""
    return f"{reverse('sync', args=[operation])}?at={position}#e{position}"


def album_url(album: object) -> str:
    """An album's page; empty where the log has been tampered with and this is no id."""
    try:
        return reverse("album", args=[UUID(str(album))])
    except ValueError:
        return ""
