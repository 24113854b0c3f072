"""The catalog as projections of the log: they can be thrown away and made again from it."""

import uuid

from django.db import models


class Album(models.Model):
    """An album as it stands now. `albums.fields` names what the log records of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=80, db_index=True)
    row = models.PositiveIntegerField(help_text="Where the sheet had it last: no part of it.")

    artist = models.CharField(max_length=500)
    title = models.CharField(max_length=500)
    year = models.IntegerField(null=True, blank=True)
    genres = models.JSONField(default=list, blank=True)
    label = models.CharField(max_length=200, blank=True)
    spotify_id = models.CharField(max_length=22, blank=True)
    spotify_title = models.CharField(max_length=500, blank=True)
    spotify_artist = models.CharField(max_length=500, blank=True)
    release_date = models.CharField(max_length=10, blank=True)
    album_type = models.CharField(max_length=20, blank=True)
    total_tracks = models.PositiveIntegerField(null=True, blank=True)
    tracks = models.JSONField(default=list, blank=True)
    cover_url = models.CharField(max_length=300, blank=True)
    match_score = models.PositiveSmallIntegerField(null=True, blank=True)
    match_query = models.CharField(max_length=1100, blank=True)
    row_digest = models.CharField(max_length=64, blank=True)
    fetched_at = models.CharField(max_length=27, blank=True, help_text="UTC, ISO 8601.")
    archived = models.BooleanField(default=False)

    added_at = models.DateTimeField()
    position = models.BigIntegerField(help_text="The event that changed it last.")

    # Derived for searching and sorting.
    search_text = models.TextField(blank=True)
    sort_artist = models.CharField(max_length=500, blank=True)
    sort_title = models.CharField(max_length=500, blank=True)
    genre_list = models.TextField(blank=True, help_text="|jazz|pop|")

    class Meta:
        indexes = [  # and on SQLite one to search in: migrations/0002_search_index.py
            models.Index(fields=["archived", "sort_artist", "year", "id"], name="album_by_artist"),
            models.Index(fields=["archived", "sort_title", "id"], name="album_by_title"),
            models.Index(fields=["archived", "year", "id"], name="album_by_year"),
            models.Index(fields=["archived", "added_at", "id"], name="album_by_added"),
            models.Index(fields=["position"], name="album_by_position"),
        ]

    def __str__(self) -> str:
        return f"{self.artist} – {self.title}"

    @property
    def spotify_url(self) -> str:
        return f"https://open.spotify.com/album/{self.spotify_id}" if self.spotify_id else ""


class AlbumVersion(models.Model):
    """An album as it stood from one event on: a row a change, so "as of" is a plain query."""

    id = models.BigAutoField(primary_key=True)
    album = models.ForeignKey(Album, on_delete=models.PROTECT, related_name="versions")
    position = models.BigIntegerField()
    at = models.DateTimeField()
    archived = models.BooleanField()
    fields = models.JSONField(help_text="Every recorded field but the time of fetch.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["album", "position"], name="one_version_an_event")
        ]
        indexes = [models.Index(fields=["position"], name="version_by_position")]

    def __str__(self) -> str:
        return f"{self.album_id} from event {self.position} on"
