"""The tables of the sync: the log with its head, what is derived from it, and who is signed in.

`SyncEvent` must have no unique constraint besides its key: `INSERT OR REPLACE` on SQLite would
delete the row that it collides with, without firing the trigger that refuses deletion.
"""

import json
from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.db import models
from pydantic_core import from_json

from syncengine.events import Event, instant

EVENT_COLUMNS = ("position", "operation", "kind", "version", "at", "data", "previous_hash", "hash")

# What reading an event raises that somebody has changed: that lacks something, or has what no event
# has. Events are checked when they are appended, so none of a sound log raises any of these.
SPOILED = (LookupError, TypeError, ValueError, AttributeError, RecursionError, ValidationError)


class SyncEvent(models.Model):
    """The log. The database refuses to change or delete a row (`syncengine.triggers`)."""

    position = models.BigIntegerField(primary_key=True)
    operation = models.UUIDField(null=True)
    kind = models.CharField(max_length=30)
    version = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    data = models.TextField(help_text="Canonical JSON, exactly as it was hashed.")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    # Derived from data, for searching.
    album = models.UUIDField(null=True)
    code = models.CharField(max_length=60, blank=True)
    person = models.CharField(max_length=500, blank=True)

    class Meta:
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["operation", "position"], name="event_by_operation"),
            models.Index(fields=["operation", "kind", "position"], name="event_by_op_kind"),
            models.Index(fields=["kind", "position"], name="event_by_kind"),
            models.Index(fields=["at"], name="event_by_time"),
            models.Index(
                fields=["album", "position"],
                name="event_by_album",
                condition=models.Q(album__isnull=False),
            ),
            models.Index(
                fields=["code", "position"], name="event_by_code", condition=~models.Q(code="")
            ),
            models.Index(
                fields=["person", "position"],
                name="event_by_person",
                condition=~models.Q(person=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.kind}"

    def as_event(self) -> Event:
        return event_of(tuple(getattr(self, name) for name in EVENT_COLUMNS))


def event_of(row: tuple[Any, ...]) -> Event:
    """The event of a row of the log: its values of EVENT_COLUMNS."""
    position, operation, kind, version, at, data, previous_hash, hash_ = row
    return Event(
        position=position,
        operation=None if operation is None else str(operation),
        kind=kind,
        version=version,
        at=instant(at),
        # Twice as fast as `json`.
        data=from_json(data, cache_strings="keys", allow_inf_nan=False),
        previous_hash=previous_hash,
        hash=hash_,
    )


class LogHead(models.Model):
    """One row: where the log ends, and the status there. Whoever appends holds its lock.

    Position, hash and status stand in one row so that one read gives a snapshot that belongs
    together, and so that connecting costs the same however long the log is.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    log_id = models.CharField(max_length=64, help_text="The previous_hash of event 1.")
    position = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)
    status = models.TextField(help_text="The fold of the whole log, as JSON.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"head at {self.position}"

    def current_status(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(self.status)
        return status


class SyncOperation(models.Model):
    """One sync: a projection of its events (counts from its end on), plus the worker's lease."""

    id = models.UUIDField(primary_key=True)
    catalog = models.PositiveSmallIntegerField(default=1, editable=False)
    state = models.CharField(max_length=10)
    trigger = models.CharField(max_length=10)
    mode = models.CharField(max_length=10)
    requested_by = models.CharField(max_length=500)
    cancel_requested_by = models.CharField(max_length=500, blank=True)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    waiting_until = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(null=True)
    synced = models.PositiveIntegerField(null=True)
    failed = models.PositiveIntegerField(null=True)
    added = models.PositiveIntegerField(null=True)
    updated = models.PositiveIntegerField(null=True)
    unchanged = models.PositiveIntegerField(null=True)
    removed = models.PositiveIntegerField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    first_position = models.BigIntegerField()
    last_position = models.BigIntegerField()

    # The lease: who works on it. No projection, and of no meaning once it is finished.
    worker = models.CharField(max_length=200, blank=True)
    token = models.PositiveIntegerField(default=0, help_text="Rises with every claim.")
    beat = models.PositiveBigIntegerField(default=0, help_text="Raised by the owner.")

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["catalog"],
                condition=models.Q(finished_at__isnull=True),
                name="one_unfinished_operation",
            )
        ]
        indexes = [
            models.Index(fields=["-first_position"], name="operation_by_position"),
            models.Index(fields=["requested_at"], name="operation_by_time"),
            models.Index(fields=["state", "-first_position"], name="operation_by_state"),
            models.Index(fields=["requested_by", "-first_position"], name="operation_by_person"),
            models.Index(fields=["trigger", "-first_position"], name="operation_by_trigger"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class StoredSheet(models.Model):
    """The sheet that an unfinished operation accepted, so that a resumed one has the same rows."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    body = models.BinaryField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.sha256


class UnconfirmedRemoval(models.Model):
    """An album that the newest sync would have archived, had it not stopped to ask; gone when the
    next one is asked for. The log has their number: they may be too many for an event."""

    album = models.UUIDField(primary_key=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.album)


class SpotifyCalls(models.Model):
    """How many calls of a UTC day are made, or set aside by a worker, where there is a budget."""

    day = models.DateField(primary_key=True)
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.day}: {self.calls}"


class WorkerPresence(models.Model):
    """Which workers are alive, for people to see. Nothing decides by it: leases do that."""

    name = models.CharField(max_length=200, primary_key=True)
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["-seen_at"], name="worker_by_seen")]

    def __str__(self) -> str:
        return self.name


class Session(AbstractBaseSession):
    """A session of a browser, and whom it has signed in: nobody where `account` is empty."""

    # Without a constraint: a request that ends when its account has just been deleted saves its
    # session no less.
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, db_constraint=False
    )
    credentials = models.CharField(
        max_length=128, blank=True, help_text="Changes with the password of the account."
    )

    class Meta(AbstractBaseSession.Meta):
        default_permissions = ()

    def __str__(self) -> str:
        return f"a session until {self.expire_date}"  # the key would let its reader in


class Finding(models.Model):
    """One row while the log does not hold: what the newest verification found, for the pages."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    found_at = models.DateTimeField(help_text="When it was first found.")
    holds_to = models.BigIntegerField(help_text="The last position up to which the log is whole.")
    first_bad = models.BigIntegerField(null=True)
    problem = models.TextField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.problem
