"""One sync, from the claim to the end, readable from top to bottom."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from albums import catalog
from albums.sources import sheet_rows
from albums.sources.connect import Sources
from albums.sources.errors import AlbumError, MustWait, SyncError
from albums.sources.limiter import MAX_CALLS_IN_FLIGHT
from albums.sources.sheet import Sheet
from albums.sources.sheet_rows import Row
from albums.sources.spotify import BATCH_IDS, SpotifyClient
from syncengine import failures, history, log, operations, results
from syncengine.events import TooLarge, instant
from syncengine.log import StaleToken
from syncengine.models import StoredSheet
from syncengine.operations import Claim
from syncengine.outages import outage_of
from syncengine.plan import Plan, Task, make_plan

logger = logging.getLogger("groovelog.run")
Database = Callable[..., Awaitable[Any]]  # runs a function on the worker's database thread

UNCHANGED_ALBUMS_AN_EVENT = 100
# A few more than calls: while one album is stored, another one makes the call.
ALBUMS_AT_ONCE = MAX_CALLS_IN_FLIGHT + 4


class Run:
    """The sync of one operation by the worker that has claimed it."""

    def __init__(
        self, claim: Claim, sources: Sources, database: Database, ring: Callable[[], None]
    ) -> None:
        self._claim = claim
        self._fence = claim.fence
        self._sources = sources
        self._database = database
        self._ring = ring

    async def sync(self) -> None:
        """Work until the operation has ended or is parked.

        Raises StaleToken where another worker has taken over, and the database's error in an
        outage: both leave the operation to be resumed from its log.
        """
        try:
            self._sources.spotify.require_credentials()
            rows = await self._accepted_rows()
            plan = await self._database(self._make_plan, rows)
            await self._leave_fresh_albums_alone(plan)
            await self._enrich(plan)
            await self._archive(plan)
            await self._write(operations.complete, self._claim)
        except MustWait as wait:
            until = timezone.now() + timedelta(seconds=wait.until_seconds)
            await self._write(operations.park, self._claim, until, wait.service, wait.reason)
        except SyncError as error:
            await self._write(operations.fail, self._claim, error)
        except StaleToken:
            raise
        except Exception as error:
            if outage_of(error) is not None:
                raise
            logger.exception("operation %s failed unexpectedly", self._claim.operation)
            await self._write(operations.fail, self._claim, failures.Unexpected(error))

    async def _accepted_rows(self) -> list[Row]:
        """The rows of the sheet; those accepted before, where this operation is resumed."""
        sha256 = self._claim.status["operation"]["sheet"]
        if sha256 is not None:
            return await self._parse(await self._database(self._stored_body, sha256))
        stage = {"stage": "sheet", "total": None, "sheet": None}
        await self._write(operations.append, self._claim, "stage-started", stage)
        sheet = await self._sources.sheet()
        rows = await self._parse(sheet.body)
        await self._write(self._accept, sheet, rows)
        return rows

    def _stored_body(self, sha256: str) -> bytes:
        try:
            return bytes(StoredSheet.objects.get(pk=sha256).body)
        except StoredSheet.DoesNotExist:
            operations.beat(self._claim)  # StaleToken where a cancel has forgotten it meanwhile
            raise

    async def _parse(self, body: bytes) -> list[Row]:
        # A large sheet takes seconds, and in `serve` the browsers share this event loop.
        return await asyncio.to_thread(sheet_rows.parse, body)

    def _accept(self, sheet: Sheet, rows: list[Row]) -> None:
        """Store the sheet and say so in one transaction, unless it would take away too much."""
        plan = self._make_plan(rows)
        confirmed = history.scope(self._claim.operation)["confirm"]
        if plan.archives_too_much() and confirmed != sheet.sha256:
            raise failures.SheetShrunk(plan, len(rows), sheet.sha256)
        with log.appending(self._fence) as appender:
            StoredSheet.objects.get_or_create(pk=sheet.sha256, defaults={"body": sheet.body})
            stage = {"stage": "spotify", "total": plan.total, "sheet": sheet.sha256}
            appender.append("stage-started", stage, self._claim.operation)

    def _make_plan(self, rows: list[Row]) -> Plan:
        scope = history.scope(self._claim.operation)
        max_age = timedelta(seconds=settings.SPOTIFY_MAX_AGE)
        return make_plan(
            rows,
            catalog.known_albums(),
            mode=scope["mode"],
            keys=frozenset(scope["keys"]),
            fetched_since=instant(timezone.now() - max_age),
            done=history.keys_done(self._claim.operation),
        )

    async def _leave_fresh_albums_alone(self, plan: Plan) -> None:
        for start in range(0, len(plan.fresh), UNCHANGED_ALBUMS_AN_EVENT):
            batch = plan.fresh[start : start + UNCHANGED_ALBUMS_AN_EVENT]
            await self._write(results.left_alone, self._fence, batch, plan.total)

    async def _enrich(self, plan: Plan) -> None:
        """Call Spotify for every task, several at once, and append each result as it comes."""
        tasks = Tasks(plan.tasks, self._sources.spotify)
        try:
            async with self._waits_announced(), asyncio.TaskGroup() as group:
                for _ in range(min(ALBUMS_AT_ONCE, len(plan.tasks))):
                    group.create_task(self._work_off(tasks, plan.total))
        except ExceptionGroup as several:
            # One of them ended the run, and the group has cancelled the others. It keeps its cause:
            # that is where a database says why.
            first = several.exceptions[0]
            raise first from first.__cause__

    async def _work_off(self, tasks: "Tasks", total: int) -> None:
        while task := await tasks.next():
            try:
                enriched = await self._sources.spotify.enrich(task.row, task.known_id)
                await self._write(results.synced, self._fence, task, enriched, total)
            except (MustWait, SyncError, StaleToken):
                raise
            except Exception as error:
                if outage_of(error) is not None:
                    raise  # no fault of this album
                failure = self._failure_of(task, error)
                await self._write(results.failed, self._fence, task, failure, total)
                error.__traceback__ = None  # a row keeps its problem, and that would keep all this

    @asynccontextmanager
    async def _waits_announced(self) -> AsyncIterator[None]:
        """Record each short wait that Spotify asks for, and its end, while it is waited out."""
        limiter = self._sources.limiter

        async def closed(seconds: float) -> None:
            until = instant(timezone.now() + timedelta(seconds=seconds))
            wait = {"until": until, "service": "spotify", "reason": "rate-limit"}
            await self._write(operations.append, self._claim, "waiting", wait)

        async def opened() -> None:
            await self._write(operations.wait_over, self._claim)

        before = limiter.on_closed, limiter.on_open
        limiter.on_closed, limiter.on_open = closed, opened
        try:
            if (left_s := limiter.closed_for_s()) > 0:
                await closed(left_s)  # by a refusal that the sync before this one met
            yield
        finally:
            limiter.on_closed, limiter.on_open = before

    def _failure_of(self, task: Task, error: Exception) -> AlbumError:
        if isinstance(error, AlbumError):
            return error
        if isinstance(error, TooLarge):
            return failures.AlbumTooLarge()
        logger.exception("row %d of operation %s failed", task.row.row, self._claim.operation)
        if isinstance(error, DatabaseError):
            return failures.NotStored(error)
        return failures.AlbumUnexpected(error)

    async def _archive(self, plan: Plan) -> None:
        for album in plan.gone:
            await self._write(results.removed, self._fence, album)

    async def _write(self, function: Callable[..., Any], *args: Any) -> None:
        """Run one transaction, then ring the bell."""
        await self._database(function, *args)
        self._ring()


class Tasks:
    """Hands out the tasks in order, and lets Spotify fetch the next albums in one call where the
    app may do that."""

    def __init__(self, tasks: Iterable[Task], spotify: SpotifyClient) -> None:
        self._coming = iter(tasks)
        self._ready: deque[Task] = deque()
        self._spotify = spotify
        self._lock = asyncio.Lock()

    async def next(self) -> Task | None:
        async with self._lock:
            if not self._ready:
                self._ready.extend(islice(self._coming, BATCH_IDS))
                ids = [task.row.spotify_id or task.known_id for task in self._ready]
                await self._spotify.prefetch([spotify_id for spotify_id in ids if spotify_id])
            return self._ready.popleft() if self._ready else None
