"""The background worker: takes operations from the database and runs them.

The message on its channel is only a nudge. Channels' own worker makes its consumer at the first
message and dies with the channel layer (channels/worker.py, 4.3); this one looks into the database
every second and outlives the layer.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import uuid
from datetime import timedelta
from functools import partial

from channels.layers import get_channel_layer
from channels.worker import Worker
from django.conf import settings
from django.db import Error
from django.utils import timezone

from albums.sources.budget import Budget
from albums.sources.connect import Sources, connected
from albums.sources.settings import SourceSettings
from syncengine import (
    budget,
    checkpoints,
    fanout,
    memory,
    metrics,
    operations,
    outages,
    presence,
    subject,
)
from syncengine.duties import DatabaseThread, tried_again
from syncengine.fanout import Bell
from syncengine.guard import Guard
from syncengine.log import StaleToken
from syncengine.metrics_port import metrics_served
from syncengine.operations import Claim, LeaseWatch
from syncengine.outages import Outage
from syncengine.run import Run

logger = logging.getLogger("groovelog.worker")

LOOK_S = 1.0
STORAGE_WAIT_S = 15  # on a full disk; doubled each time that it was in vain, up to
MAX_STORAGE_WAIT_S = 5 * 60  # since each wait costs two events, and there is little room for them


class SyncWorker(Worker):
    """Runs one sync at a time, for as long as the process lives.

    `until_idle`: stop once nobody has an operation and none can be taken, for a sync in the
    foreground.
    """

    def __init__(self, until_idle: bool = False) -> None:
        super().__init__(
            application=None,
            channels=[fanout.WORKER_CHANNEL],
            channel_layer=get_channel_layer(),
        )
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._until_idle = until_idle
        self._nudged = asyncio.Event()
        self._bell = Bell()
        self._watch = LeaseWatch()
        self._database = DatabaseThread("sync-worker")
        self._waits_in_vain = 0  # for the database, one after the other
        self._guard = Guard()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT (for `runworker`)."""
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._until_told_to_stop())

    async def _until_told_to_stop(self) -> None:
        work = asyncio.create_task(self.handle())
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signal_number, work.cancel)
        async with metrics_served():
            await work

    async def handle(self) -> None:
        """Look for work and do it. When cancelled, hands over what it holds at once."""
        memory.give_back_what_is_freed()
        listening = partial(self.listener, fanout.WORKER_CHANNEL)
        helpers = [
            asyncio.create_task(tried_again(duty))
            for duty in (listening, self._bell.ringing, self._be_seen)
        ]
        if not self._until_idle:
            helpers.append(asyncio.create_task(tried_again(self._guard.guarding)))
        try:
            async with connected(
                source_settings(), self._daily_budget(), metrics.upstream_called
            ) as sources:
                allowed = metrics.upstream_allowance.labels("spotify")
                allowed.set_function(lambda: sources.limiter.allowance)
                await tried_again(partial(self._work, sources))
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.shield(self._leave())

    async def _leave(self) -> None:
        with contextlib.suppress(Error):
            await self._database(presence.gone, self.name)
        await self._database.close()
        await self._guard.close()

    def _daily_budget(self) -> Budget:
        reserve = partial(self._database, budget.reserve)
        return Budget(settings.SPOTIFY_DAILY_BUDGET, reserve, timezone.now)

    async def listener(self, channel: str) -> None:
        """Channels' hook for one channel: here every message is the same nudge."""
        async for _ in fanout.worker_messages():
            self._nudged.set()

    async def _work(self, sources: Sources) -> None:
        await self._database(checkpoints.record)
        while True:
            claim = await self._claimed()
            if claim is not None:
                with subject.about(claim.operation, claim.status["position"]):
                    await self._carry_out(claim, sources)
                # Where the database failed between the end and its checkpoint, or just there.
                await tried_again(partial(self._database, checkpoints.record))
            elif self._until_idle and not await self._database(operations.is_owned):
                return  # where somebody owns one, it may be a worker that has just died
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._nudged.wait(), LOOK_S)
                self._nudged.clear()

    async def _claimed(self) -> Claim | None:
        """Take an operation if there is one. Told to stop meanwhile, gives back what it took: the
        database thread claims to the end, and nobody would know."""
        claiming = asyncio.ensure_future(self._database(operations.claim, self.name, self._watch))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            with contextlib.suppress(Error):
                if claim := await claiming:
                    await self._give_back(claim)
            raise

    async def _carry_out(self, claim: Claim, sources: Sources) -> None:
        """Run a claimed operation and keep its lease, until it ends or somebody else has it."""
        self._bell.pull()
        self._guard.look()
        sync = Run(claim, sources, self._database, self._bell.pull).sync()
        run = asyncio.create_task(sync)
        try:
            try:
                await self._keep_lease(claim, run)
                self._waits_in_vain = 0
            except Error as error:
                if (outage := outages.outage_of(error)) is None:
                    raise
                await _stopped(run)
                await self._park_in_an_outage(claim, outage)
        except StaleToken as stale:
            logger.info("%s: it has ended, or somebody else goes on", stale)
        except asyncio.CancelledError:
            # Told to stop: the next worker goes on where this one is.
            await asyncio.shield(self._stop_and_give_back(claim, run))
            raise
        finally:
            await _stopped(run)
        self._bell.pull()

    async def _park_in_an_outage(self, claim: Claim, outage: Outage) -> None:
        """Let the operation wait for the database, as soon as the database takes even that."""
        growth = 2 ** min(self._waits_in_vain, 10)
        self._waits_in_vain += 1
        # A database that is back is back: the first wait for it is over as soon as it is said.
        full = outage in (outages.FULL, outages.UNWRITABLE)
        wait_s = STORAGE_WAIT_S * growth if full else growth - 1
        logger.warning("operation %s waits for the database: %s", claim.operation, outage.message)
        until = timezone.now() + timedelta(seconds=min(wait_s, MAX_STORAGE_WAIT_S))
        while True:
            try:
                await self._database(operations.park, claim, until, "database", "storage")
                return
            except Error as error:
                if outages.outage_of(error) is None:
                    raise
            await asyncio.sleep(LOOK_S)

    async def _keep_lease(self, claim: Claim, run: "asyncio.Task[None]") -> None:
        """Beat while the run goes on, at once where somebody nudges: the operation may have been
        cancelled. Raises StaleToken then, and what the run does."""
        while not run.done():
            nudged = asyncio.create_task(self._nudged.wait())
            await asyncio.wait(
                {run, nudged}, timeout=operations.BEAT_S, return_when=asyncio.FIRST_COMPLETED
            )
            nudged.cancel()
            self._nudged.clear()  # before the look at the database, or a nudge might be lost
            if not run.done():
                await self._database(operations.beat, claim)
        run.result()

    async def _stop_and_give_back(self, claim: Claim, run: "asyncio.Task[None]") -> None:
        await _stopped(run)
        await self._give_back(claim)

    async def _give_back(self, claim: Claim) -> None:
        with contextlib.suppress(StaleToken, Error):
            await self._database(operations.hand_over, claim)
        await fanout.nudge_worker()

    async def _be_seen(self) -> None:
        while True:
            await self._database(presence.seen, self.name)
            await asyncio.sleep(operations.BEAT_S)


def source_settings() -> SourceSettings:
    """The sources as the environment has them."""
    return SourceSettings(
        sheet_url=settings.GOOGLE_SHEETS_URL,
        sheets_origin=settings.GOOGLE_SHEETS_ORIGIN,
        client_id=settings.SPOTIFY_CLIENT_ID,
        client_secret=settings.SPOTIFY_CLIENT_SECRET,
        api_url=settings.SPOTIFY_API_URL,
        token_url=settings.SPOTIFY_TOKEN_URL,
        market=settings.SPOTIFY_MARKET,
        calls_per_30s=settings.SPOTIFY_CALLS_PER_30S,
        image_origins=tuple(settings.SPOTIFY_IMAGE_ORIGINS),
    )


async def _stopped(run: "asyncio.Task[None]") -> None:
    run.cancel()
    await asyncio.wait({run})
