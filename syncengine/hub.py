"""One reader of the log for all the sockets of a web process.

The hub joins the channel layer's group once, reads the log once, encodes each event once and
writes it to every socket. One subscription a socket was measured at a tenth of that, and silently
lost half of a burst.
"""

import asyncio
import logging
import time
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.db.models import BigIntegerField, DateTimeField, Value
from django.utils import timezone

from syncengine import fanout, log, metrics, triggers
from syncengine.duties import DatabaseThread, tried_again
from syncengine.events import Event, instant
from syncengine.models import SPOILED, LogHead, WorkerPresence
from syncengine.outages import LogMissing, in_a_line
from syncengine.presence import PresenceWatch
from syncengine.rights import Loss, loss
from syncengine.sockets import (
    CLOSE_NOT_ALLOWED,
    CLOSE_RESTART,
    CLOSE_SIGNED_OUT,
    CLOSE_TOO_MANY,
    CLOSE_TOO_SLOW,
    Socket,
)
from syncengine.tail import TAIL_EVENTS, Cursor, Frame, Tail, encoded
from syncengine.visitors import Visitors
from syncengine.watchers import Watchers

logger = logging.getLogger("groovelog.hub")

MAX_SOCKETS_A_PERSON = 20
LOOK_S = 1.0  # how often the log is looked at without a ring
LOOKS_APART_S = 0.1  # at least, however many pages are newer than this hub
MAX_PAUSE_S = 0.25  # between two rounds over all sockets, while there is something new
STEP_S = 0.25
SOCKETS_AT_ONCE = 50  # written to before the process does what else there is
HEARTBEAT_UNFINISHED_S = 2.0
HEARTBEAT_IDLE_S = 5.0

RIGHTS_S = 10.0  # how often rights are looked at without a ring
RIGHTS_PAUSE_S = 0.3  # at least between two looks, however often it rings
LOSS_CODES: dict[Loss, int] = {"signed-out": CLOSE_SIGNED_OUT, "not-allowed": CLOSE_NOT_ALLOWED}


class Hub:
    """Follows the log for the sockets of this process."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self._places: Counter[int] = Counter()  # by person
        self._tail = Tail({"position": 0, "hash": "", "operation": None}, [])
        self._database = DatabaseThread("hub")
        self._ready = asyncio.Event()
        self._rung = asyncio.Event()
        self._following = asyncio.Lock()
        self._presence = PresenceWatch()
        self._worker_seen_at: datetime | None = None
        self._watchers = Watchers(self._names_here, self._tell_watchers)
        self._told_watchers = encoded({"type": "watchers", "names": []})
        self._delay_told = False
        self._rights_rung = asyncio.Event()
        self._looked_at = 0.0  # monotonic
        self._is_current = False  # whether the newest look has succeeded
        self._news: list[Event] = []  # read, and not yet passed on
        self.visitors = Visitors()
        self.rights_changes = 0  # that this process has heard of

    # For the sockets

    @property
    def is_full(self) -> bool:
        places: int = settings.MAX_SOCKETS
        return self._places.total() >= places

    def take_place(self, person: int) -> bool:
        """Keep a place for one more socket of this person; False where there is none. At once, so
        that of sockets that come together none slips through."""
        if self.is_full or self._places[person] >= MAX_SOCKETS_A_PERSON:
            return False
        self._places[person] += 1
        metrics.sockets.inc()
        return True

    def give_place_back(self, person: int) -> None:
        self._places[person] -= 1
        metrics.sockets.dec()
        self._places += Counter()  # forgets who has none left

    async def join(self, socket: Socket, cursor: Cursor | None, rights_changes: int) -> None:
        """Send what the browser lacks, and keep it up to date from then on. `rights_changes` is
        what it was when the rights of this socket were read."""
        await self._ready.wait()
        if cursor and cursor.position > self._tail.head.position:
            await self._look_again()  # it has read a page that is newer than this hub
        if cursor and self._goes_on_from(socket, cursor):
            socket.position = cursor.position
        self.sockets.add(socket)
        if socket.position == self._tail.head.position:
            await socket.send(self._heartbeat())
        else:
            await self._bring_up_to_date(socket, {})
        await socket.send(self._told_watchers)
        if rights_changes != self.rights_changes:
            self._rights_rung.set()  # it may have been shown out since
        self._watchers.change()

    async def leave(self, socket: Socket) -> None:
        socket.closed = True
        self.sockets.discard(socket)
        self._watchers.change()

    async def acknowledge(self, socket: Socket, position: int) -> None:
        if socket.acknowledge(position):
            await self._bring_up_to_date(socket, {})
        else:
            await socket.close(CLOSE_TOO_MANY)

    def check_rights(self) -> None:
        """Look soon whether everybody may stay."""
        self.rights_changes += 1
        self._rights_rung.set()

    async def close(self) -> None:
        """Tell every browser that the server restarts."""
        sockets, self.sockets = self.sockets, set()  # nobody is told that the others leave
        for socket in sockets:
            await socket.close(CLOSE_RESTART)

    def _goes_on_from(self, socket: Socket, cursor: Cursor) -> bool:
        if cursor == self._tail.head:
            return True
        return socket.visitor.may_read_history and self._tail.knows(cursor)

    # The duties

    async def run(self) -> None:
        """Follow the log until cancelled; whatever fails is tried again."""
        await tried_again(self._check_triggers)
        duties = (self._listen, self._keep_up, self._beat, self._watchers.keep_telling, self._guard)
        async with asyncio.TaskGroup() as tasks:
            for duty in duties:
                tasks.create_task(tried_again(duty))

    async def _check_triggers(self) -> None:
        if missing := await self._database(triggers.missing):
            logger.critical(
                "the database does not protect the log (%s missing): run manage.py migrate",
                ", ".join(missing),
            )

    async def _listen(self) -> None:
        async for message in fanout.group_messages():
            if message["type"] == "watchers":
                self._watchers.hear(message["process"], message["names"])
            elif message["type"] == "rights":
                self.check_rights()
            else:
                self._rung.set()

    async def _keep_up(self) -> None:
        while True:
            began = time.monotonic()
            await self._follow()
            await self._close_slow_sockets()
            # Where it takes long, since there are many sockets, as long again is for all else that
            # the process does, and what comes meanwhile goes out together.
            await asyncio.sleep(min(time.monotonic() - began, MAX_PAUSE_S))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), LOOK_S)
            self._rung.clear()

    async def _beat(self) -> None:
        await self._ready.wait()
        sent_at = 0.0
        while True:
            # In short steps, since a sync may start meanwhile and shorten the interval.
            await asyncio.sleep(STEP_S)
            is_due = time.monotonic() - sent_at >= self._heartbeat_interval_s - STEP_S / 2
            if is_due or self._delay_told != self._watchers.echo.is_late:
                async with self._following:  # a look that is under way may fail
                    if not self._is_current:
                        continue
                sent_at = time.monotonic()
                self._delay_told = self._watchers.echo.is_late
                await self._send_to_all(self._heartbeat)

    async def _guard(self) -> None:
        while True:
            self._rights_rung.clear()
            await self._close_who_may_not_stay()
            await asyncio.sleep(RIGHTS_PAUSE_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rights_rung.wait(), RIGHTS_S)

    # Following the log

    async def _follow(self) -> None:
        """Read what is new, and pass it on."""
        await self._look(time.monotonic())
        news, self._news = self._news, []
        frames: dict[int, list[Frame]] = {}
        async for sockets in self._some_at_once():
            for socket in sockets:
                await self._bring_up_to_date(socket, frames)
        if self.sockets:
            metrics.fanned_out((event.at for event in news), timezone.now())

    async def _look_again(self) -> None:
        """Read what is new, for somebody who has seen more of the log. Those who come together,
        after a backup was restored, share one look."""
        asked_at = time.monotonic()
        await asyncio.sleep(self._looked_at + LOOKS_APART_S - asked_at)
        await self._look(asked_at)
        self._rung.set()

    async def _look(self, asked_at: float) -> None:
        """Read what is new, and when a worker was alive, unless a look that succeeded has begun
        since `asked_at` (monotonic). A log that is not the one known before (a restored backup,
        another database) is read afresh."""
        async with self._following:
            if self._is_current and self._looked_at > asked_at:
                return
            self._is_current = False
            self._looked_at = time.monotonic()
            head, workers = await self._database(_head_and_workers)
            self._worker_seen_at = self._presence.note(workers)
            behind = head.position - self._tail.head.position
            if (
                not self._ready.is_set()
                or behind < 0
                or behind > TAIL_EVENTS
                or (behind == 0 and head != self._tail.head)
            ):
                await self._start_afresh()
            elif behind > 0:
                await self._read_on()
            self._is_current = True
            self._ready.set()

    async def _read_on(self) -> None:
        try:
            events = await self._database(log.events_after, self._tail.head.position)
            for event in events:
                self._tail.append(event)
        except SPOILED:  # a gap, or an event that somebody has changed
            await self._start_afresh()
        else:
            self._news += events

    async def _start_afresh(self) -> None:
        self._tail = await self._database(_newest)
        for socket in self.sockets:
            socket.start_afresh()

    # Writing

    async def _bring_up_to_date(self, socket: Socket, frames: dict[int, list[Frame]]) -> None:
        """Send a socket what it lacks. `frames` are those that were made in this round already,
        by the position that they follow."""
        if self._tail.begins_after(socket.position):
            await socket.send_snapshot(self._tail.head.position, self._tail.snapshot())
            return
        if socket.position not in frames:
            frames[socket.position] = self._tail.frames_after(socket.position)
        await socket.send_frames(frames[socket.position])

    async def _send_to_all(self, text: Callable[[], str]) -> None:
        """Send what `text` says at the moment."""
        async for sockets in self._some_at_once():
            now = text()
            for socket in sockets:
                await socket.send(now)

    async def _some_at_once(self) -> AsyncIterator[list[Socket]]:
        """All sockets, with pauses, so that the first ones have their message while it is written
        for the others, and no news has to wait for a heartbeat to all."""
        sockets = list(self.sockets)
        for first in range(0, len(sockets), SOCKETS_AT_ONCE):
            yield sockets[first : first + SOCKETS_AT_ONCE]
            await asyncio.sleep(0)

    async def _close_slow_sockets(self) -> None:
        for socket in [socket for socket in self.sockets if socket.is_slow()]:
            self.sockets.discard(socket)
            await socket.close(CLOSE_TOO_SLOW)

    async def _close_who_may_not_stay(self) -> None:
        sockets = list(self.sockets)
        if not sockets:
            return
        now = await self.visitors.of({socket.visitor.session for socket in sockets})
        for socket in sockets:
            lost = loss(socket.visitor, now.get(socket.visitor.session))
            if lost and not socket.closed:  # it may have gone meanwhile
                self.sockets.discard(socket)
                await socket.close(LOSS_CODES[lost])

    @property
    def _heartbeat_interval_s(self) -> float:
        return HEARTBEAT_UNFINISHED_S if self._tail.is_unfinished else HEARTBEAT_IDLE_S

    def _heartbeat(self) -> str:
        head, seen_at = self._tail.head, self._worker_seen_at
        beat = {
            "type": "heartbeat",
            "position": head.position,
            "hash": head.hash,
            "at": instant(timezone.now()),
            "worker_seen_at": None if seen_at is None else instant(seen_at),
        }
        return encoded(beat | ({"delayed": True} if self._watchers.echo.is_late else {}))

    # Who watches

    def _names_here(self) -> list[str]:
        return sorted({socket.visitor.name for socket in self.sockets})

    async def _tell_watchers(self, names: list[str]) -> int:
        self._told_watchers = encoded({"type": "watchers", "names": names})
        await self._send_to_all(lambda: self._told_watchers)
        return len(self._told_watchers.encode()) * len(self.sockets)


def _head_and_workers() -> tuple[Cursor, list[tuple[str, datetime]]]:
    """Where the log ends, and what each worker wrote last when it was alive, by its name; in one
    query, since it is asked each second. Raises LogMissing."""
    no_time, no_position = Value(None, DateTimeField()), Value(None, BigIntegerField())
    heads = LogHead.objects.values_list("hash", no_time, "position")
    workers = WorkerPresence.objects.values_list("name", "seen_at", no_position)
    rows = list(heads.union(workers, all=True))
    head = next(
        (Cursor(position, hash_) for hash_, _, position in rows if position is not None), None
    )
    if head is None:
        raise LogMissing("the head of the log is missing")
    return head, [(name, at) for name, at, position in rows if position is None]


def _newest() -> Tail:
    """The status at the head, and the newest events up to it. Where one of them cannot be read,
    none is at hand: everybody gets snapshots, and what is new from then on."""
    status = log.current_status()
    first = max(0, status["position"] - TAIL_EVENTS)
    try:
        return Tail(status, log.events_between(first, status["position"]))
    except SPOILED as error:
        logger.error(
            "an event cannot be read, so browsers get no old ones (%s): run verifylog",
            in_a_line(error),
        )
        return Tail(status, [])


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = weakref.WeakKeyDictionary()
_tasks: set[asyncio.Task[None]] = set()  # the loop itself keeps only weak references


def process_hub() -> Hub:
    """The hub of this process, started at the first call. Call it in the event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
        task = loop.create_task(_hubs[loop].run())
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
    return _hubs[loop]


async def close_process_hub() -> None:
    """Tell every browser of this process that the server restarts."""
    if hub := _hubs.get(asyncio.get_running_loop()):
        await hub.close()


def check_rights() -> None:
    """Let this process look soon whether everybody may stay. Callable from any thread; the other
    processes hear of it by `fanout.ring_rights`."""
    for loop, hub in list(_hubs.items()):
        with suppress(RuntimeError):  # that loop has ended, and its sockets with it
            loop.call_soon_threadsafe(hub.check_rights)


def process_hub_is_full() -> bool:
    """Whether this process admits no more sockets. Callable from any thread."""
    return any(hub.is_full for hub in list(_hubs.values()))
