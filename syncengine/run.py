"""One sync, from the claim to the end, readable from top to bottom."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from albums import catalog
from albums.sources import sheet_rows
from albums.sources.connect import Sources
from albums.sources.errors import AlbumError, MustWait, SyncError
from albums.sources.sheet import Sheet
from albums.sources.sheet_rows import Row
from syncengine import failures, history, log, operations, results
from syncengine.events import TooLarge, instant
from syncengine.log import StaleToken
from syncengine.models import StoredSheet
from syncengine.operations import Claim
from syncengine.outages import outage_of
from syncengine.plan import Plan, Task, make_plan
from syncengine.tasks import Tasks, work_off

logger = logging.getLogger("groovelog.run")
Database = Callable[..., Awaitable[Any]]  # runs a function on the worker's database thread

UNCHANGED_ALBUMS_AN_EVENT = 100
# Between writes with no call in between: who waits for SQLite's lock looks for it now and then, and
# somebody who wants to cancel was seen to wait for four seconds.
GIVE_WAY_S = 0.01


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
        self._sources.spotify.begin(after_a_wait=self._claim.waited_for == "spotify")
        try:
            self._sources.spotify.require_credentials()
            plan = await self._accepted_plan()
            await self._leave_fresh_albums_alone(plan)
            await self._enrich(plan)
            await self._archive(plan)
            await self._write(operations.complete, self._claim)
        except MustWait as wait:
            until = timezone.now() + timedelta(seconds=wait.until_seconds)
            await self._write(operations.park, self._claim, until, wait.service, wait.reason)
        except failures.SheetShrunk as error:
            await self._write(operations.fail, self._claim, error, error.would_archive)
        except SyncError as error:
            await self._write(operations.fail, self._claim, error)
        except StaleToken:
            raise
        except Exception as error:
            if outage_of(error) is not None:
                raise
            logger.exception("operation %s failed unexpectedly", self._claim.operation)
            await self._write(operations.fail, self._claim, failures.Unexpected(error))

    async def _accepted_plan(self) -> Plan:
        """What to do with the sheet; with the one accepted before, where this is resumed."""
        sha256 = self._claim.status["operation"]["sheet"]
        if sha256 is not None:
            body = await self._database(self._stored_body, sha256)
            return await self._plan(await self._parse(body))
        stage = {"stage": "sheet", "total": None, "sheet": None}
        await self._write(operations.append, self._claim, "stage-started", stage)
        sheet = await self._sources.sheet()
        rows = await self._parse(sheet.body)
        plan = await self._plan(rows)
        await self._write(self._accept, sheet, plan, len(rows))
        return plan

    def _stored_body(self, sha256: str) -> bytes:
        try:
            return bytes(StoredSheet.objects.get(pk=sha256).body)
        except StoredSheet.DoesNotExist:
            operations.beat(self._claim)  # StaleToken where a cancel has forgotten it meanwhile
            raise

    async def _parse(self, body: bytes) -> list[Row]:
        # A large sheet takes seconds, and in `serve` the browsers share this event loop.
        return await asyncio.to_thread(sheet_rows.parse, body)

    def _accept(self, sheet: Sheet, plan: Plan, rows: int) -> None:
        """Store the sheet and say so in one transaction, unless it would take away too much."""
        confirmed = history.is_confirmed(self._claim.operation, sheet.sha256)
        if plan.archives_too_much() and not confirmed:
            raise failures.SheetShrunk(plan, rows, sheet.sha256)
        with log.appending(self._fence) as appender:
            StoredSheet.objects.get_or_create(pk=sheet.sha256, defaults={"body": sheet.body})
            stage = {"stage": "spotify", "total": plan.total, "sheet": sheet.sha256}
            appender.append("stage-started", stage, self._claim.operation)

    async def _plan(self, rows: list[Row]) -> Plan:
        """What there is to do. A large sheet takes seconds, so not on the database's thread: that
        one has to keep the lease."""
        facts = await self._database(self._facts)
        return await asyncio.to_thread(make_plan, rows, **facts)

    def _facts(self) -> dict[str, Any]:
        """What a plan has to know besides the rows."""
        scope = history.scope(self._claim.operation)
        max_age = timedelta(seconds=settings.SPOTIFY_MAX_AGE)
        return {
            "known": list(catalog.known_albums()),
            "mode": scope["mode"],
            "retried": history.failed_before(self._claim.operation, scope["keys"]),
            "fetched_since": instant(timezone.now() - max_age),
            "done": history.keys_done(self._claim.operation),
        }

    async def _leave_fresh_albums_alone(self, plan: Plan) -> None:
        for start in range(0, len(plan.fresh), UNCHANGED_ALBUMS_AN_EVENT):
            batch = plan.fresh[start : start + UNCHANGED_ALBUMS_AN_EVENT]
            await self._write(results.left_alone, self._fence, batch, plan.total)
            await asyncio.sleep(GIVE_WAY_S)

    async def _enrich(self, plan: Plan) -> None:
        """Call Spotify for every task, several at once, and append each result as it comes."""
        tasks = Tasks(plan.tasks, self._sources.spotify)
        async with self._waits_announced():
            await work_off(
                tasks, len(plan.tasks), lambda task: self._sync_album(tasks, task, plan.total)
            )

    async def _sync_album(self, tasks: Tasks, task: Task, total: int) -> None:
        try:
            enriched = await self._sources.spotify.enrich(task.row, task.known_id)
            await self._write(results.synced, self._fence, task, enriched, total)
        except (MustWait, SyncError, StaleToken):
            raise
        except Exception as error:
            if outage_of(error) is not None:
                raise  # no fault of this album
            if not isinstance(error, AlbumError | DatabaseError | TooLarge) and tasks.again(task):
                return
            failure = self._failure_of(task, error)
            await self._write(results.failed, self._fence, task, failure, total)
            error.__traceback__ = None  # a row keeps its problem, and with it all that is here

    @asynccontextmanager
    async def _waits_announced(self) -> AsyncIterator[None]:
        """Record each short wait that Spotify asks for or that an outage of Spotify's imposes, and
        its end, while it is waited out.

        The log knows four reasons to wait. During an outage it is `rate-limit`, since that is what
        we do: we hold back all calls but one in so many seconds.
        """
        gate = self._sources.limiter.gate

        async def closed(seconds: float) -> None:
            until = instant(timezone.now() + timedelta(seconds=seconds))
            wait = {"until": until, "service": "spotify", "reason": "rate-limit"}
            await self._write(operations.append, self._claim, "waiting", wait)

        async def opened() -> None:
            await self._write(operations.wait_over, self._claim)

        before = gate.on_closed, gate.on_open
        gate.on_closed, gate.on_open = closed, opened
        try:
            if (left_s := gate.closed_for_s()) > 0:
                await closed(left_s)  # by a refusal that the sync before this one met
            yield
        finally:
            gate.on_closed, gate.on_open = before

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
            await asyncio.sleep(GIVE_WAY_S)

    async def _write(self, function: Callable[..., Any], *args: Any) -> None:
        """Run one transaction, then ring the bell."""
        await self._database(function, *args)
        self._ring()
