"""One reader of the log for all the sockets of a web process.

The hub follows the log, encodes each event once and writes it to every socket. It keeps the
newest events at hand, so that connecting needs no query, however long the log is.

Daphne's `send` never waits, so nothing but acknowledgements tells whether a browser reads: a
socket is sent no more than `WINDOW_BYTES` ahead of them and is closed after `SLOW_S` without one.
"""

import asyncio
import json
import logging
import time
import uuid
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from channels.db import database_sync_to_async
from django.utils import timezone

from syncengine import fanout, log, operations
from syncengine.events import Event, instant
from syncengine.models import LogHead
from syncengine.projection import UNFINISHED_STATES, Gap, Status, apply

logger = logging.getLogger("groovelog.hub")

TAIL_EVENTS = 1000
TAIL_BYTES = 4 * 1024 * 1024
FRAME_BYTES = 128 * 1024
WINDOW_BYTES = 512 * 1024
SLOW_S = 10.0
LOOK_S = 1.0
HEARTBEAT_UNFINISHED_S = 2.0
HEARTBEAT_IDLE_S = 5.0
WATCHERS_S = 5.0  # how often a process says who watches through it
WATCHERS_GONE_S = 15.0  # a process that has not said so for this long has gone

MAX_SOCKETS = 2000  # in one process

CLOSE_TOO_SLOW = 4408
CLOSE_RESTART = 4412


@dataclass(frozen=True)
class Cursor:
    """What a browser has: a position, and the hash of the event there."""

    position: int
    hash: str


@dataclass(eq=False)
class Socket:
    """One browser's connection, as the hub sees it."""

    name: str  # of the person
    may_read_history: bool  # else it gets snapshots and what is new, never old events
    send: Callable[[str], Awaitable[None]]
    close: Callable[[int], Awaitable[None]]
    position: int = -1  # what it has been sent; -1: nothing yet
    unacknowledged: deque[tuple[int, int, float]] = field(default_factory=deque)
    """(position, bytes, monotonic time) of each frame of events that was sent."""
    ahead_bytes: int = 0

    def acknowledge(self, position: int) -> None:
        while self.unacknowledged and self.unacknowledged[0][0] <= position:
            self.ahead_bytes -= self.unacknowledged.popleft()[1]

    def is_slow(self, now: float) -> bool:
        return bool(self.unacknowledged) and now - self.unacknowledged[0][2] > SLOW_S


@dataclass(frozen=True, slots=True)
class Encoded:
    position: int
    hash: str
    text: str


class Hub:
    """Follows the log for the sockets of this process."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self._process = str(uuid.uuid4())
        self._status: Status = {}
        self._tail: deque[Encoded] = deque()
        self._tail_bytes = 0
        self._before_tail = Cursor(0, "")  # where the tail begins
        self._ready = asyncio.Event()
        self._rung = asyncio.Event()
        self._following = asyncio.Lock()
        self._worker_seen_at: str | None = None
        self._watchers: dict[str, tuple[float, list[str]]] = {}  # by process
        self._watchers_sent: list[str] = []

    # For the sockets

    @property
    def is_full(self) -> bool:
        return len(self.sockets) >= MAX_SOCKETS

    async def join(self, socket: Socket, cursor: Cursor | None) -> None:
        """Send what the browser lacks and keep it up to date from then on."""
        await self._ready.wait()
        if cursor and cursor.position > self._status["position"]:
            await self._follow()  # it has read a page that is newer than this hub
        socket.position = self._start_of(socket, cursor)
        self.sockets.add(socket)
        if socket.position == self._status["position"]:
            await self._send(socket, self._heartbeat())
        else:
            await self._advance(socket, {})
        await self._send(socket, _json({"type": "watchers", "names": self._watchers_sent}))
        self._rung.set()
        await self._meet()

    async def leave(self, socket: Socket) -> None:
        self.sockets.discard(socket)
        await self._meet()

    async def acknowledge(self, socket: Socket, position: int) -> None:
        socket.acknowledge(position)
        await self._advance(socket, {})

    async def close_all(self, code: int) -> None:
        for socket in list(self.sockets):
            await socket.close(code)

    def _start_of(self, socket: Socket, cursor: Cursor | None) -> int:
        """The position up to which this socket needs nothing; -1 where it needs a snapshot."""
        if cursor is None:
            return -1
        if cursor == Cursor(self._status["position"], self._status["hash"]):
            return cursor.position
        if not socket.may_read_history:
            return -1
        index = cursor.position - self._before_tail.position
        if index == 0:
            known_hash = self._before_tail.hash
        elif 0 < index <= len(self._tail):
            known_hash = self._tail[index - 1].hash
        else:
            return -1
        return cursor.position if known_hash == cursor.hash else -1

    # The loop

    async def run(self) -> None:
        """Follow the log until cancelled; whatever fails is tried again."""
        async with asyncio.TaskGroup() as tasks:
            for duty in (self._listen, self._keep_up, self._beat, self._announce):
                tasks.create_task(self._again_and_again(duty))

    async def _again_and_again(self, duty: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await duty()
            except Exception:
                logger.exception("the hub could not %s", duty.__name__.strip("_"))
                await asyncio.sleep(LOOK_S)

    async def _listen(self) -> None:
        async for message in fanout.group_messages():
            if message["type"] == "watchers":
                self._watchers[message["process"]] = (time.monotonic(), message["names"])
                await self._tell_watchers()
            else:
                self._rung.set()

    async def _keep_up(self) -> None:
        while True:
            await self._follow()
            try:
                await asyncio.wait_for(self._rung.wait(), LOOK_S)
            except TimeoutError:
                await self._close_slow_sockets()
            self._rung.clear()

    async def _beat(self) -> None:
        await self._ready.wait()
        while True:
            seen_at = await database_sync_to_async(operations.worker_seen_at)()
            self._worker_seen_at = seen_at and instant(seen_at)
            heartbeat = self._heartbeat()
            for socket in list(self.sockets):
                await self._send(socket, heartbeat)
            waited_s = 0.0
            while waited_s < (HEARTBEAT_UNFINISHED_S if self._unfinished else HEARTBEAT_IDLE_S):
                await asyncio.sleep(LOOK_S)
                waited_s += LOOK_S

    @property
    def _unfinished(self) -> bool:
        operation = self._status["operation"]
        return operation is not None and operation["state"] in UNFINISHED_STATES

    # Following the log

    async def _follow(self) -> None:
        """Read what is new, and pass it on. A log that is not the one known before (a restored
        backup, another database) is read afresh."""
        async with self._following:
            position, hash_ = await database_sync_to_async(_head)()
            behind = position - self._status.get("position", position)
            if not self._status or behind > TAIL_EVENTS:
                await self._start_afresh()
            elif behind > 0:
                try:
                    for event in await database_sync_to_async(log.events_after)(
                        self._status["position"]
                    ):
                        self._status = apply(self._status, event)
                        self._remember(event)
                except Gap:
                    await self._start_afresh()
            elif behind < 0 or hash_ != self._status["hash"]:
                await self._start_afresh()
            self._ready.set()
        frames: dict[int, list[Frame]] = {}
        for socket in list(self.sockets):
            await self._advance(socket, frames)

    async def _start_afresh(self) -> None:
        self._status, events = await database_sync_to_async(_newest)()
        self._tail.clear()
        self._tail_bytes = 0
        first_hash = events[0].previous_hash if events else self._status["hash"]
        self._before_tail = Cursor(self._status["position"] - len(events), first_hash)
        for event in events:
            self._remember(event)
        for socket in self.sockets:
            socket.position = -1
            socket.unacknowledged.clear()
            socket.ahead_bytes = 0

    def _remember(self, event: Event) -> None:
        encoded = Encoded(event.position, event.hash, _json(event.as_json()))
        self._tail.append(encoded)
        self._tail_bytes += len(encoded.text)
        while len(self._tail) > TAIL_EVENTS or self._tail_bytes > TAIL_BYTES:
            oldest = self._tail.popleft()
            self._tail_bytes -= len(oldest.text)
            self._before_tail = Cursor(oldest.position, oldest.hash)

    # Writing

    async def _advance(self, socket: Socket, frames: "dict[int, list[Frame]]") -> None:
        """Send a socket what it lacks, as far as its window allows. `frames` are those already
        encoded in this round, by the position that they follow."""
        if socket.position < self._before_tail.position:
            socket.position = self._status["position"]
            snapshot = {
                "type": "snapshot",
                "position": self._status["position"],
                "hash": self._status["hash"],
                "status": self._status,
            }
            await self._send(socket, _json(snapshot))
            return
        if socket.position not in frames:
            frames[socket.position] = list(self._frames_after(socket.position))
        for frame in frames[socket.position]:
            if socket.ahead_bytes > WINDOW_BYTES or socket.position != frame.after:
                return  # the next acknowledgement, or who overtook this, goes on from here
            socket.position = frame.position
            socket.unacknowledged.append((frame.position, len(frame.text), time.monotonic()))
            socket.ahead_bytes += len(frame.text)
            await self._send(socket, frame.text)

    def _frames_after(self, position: int) -> "Iterator[Frame]":
        texts: list[str] = []
        size_bytes = 0
        newest = self._status["position"]
        for event in islice(self._tail, position - self._before_tail.position, None):
            texts.append(event.text)
            size_bytes += len(event.text)
            if size_bytes >= FRAME_BYTES or event.position == newest:
                text = f'{{"type":"events","events":[{",".join(texts)}]}}'
                yield Frame(position, event.position, text)
                position, texts, size_bytes = event.position, [], 0

    async def _send(self, socket: Socket, text: str) -> None:
        try:
            await socket.send(text)
        except Exception as error:
            logger.info("a socket has gone: %s", type(error).__name__)
            self.sockets.discard(socket)

    async def _close_slow_sockets(self) -> None:
        now = time.monotonic()
        for socket in [socket for socket in self.sockets if socket.is_slow(now)]:
            self.sockets.discard(socket)
            await socket.close(CLOSE_TOO_SLOW)

    def _heartbeat(self) -> str:
        return _json(
            {
                "type": "heartbeat",
                "position": self._status["position"],
                "hash": self._status["hash"],
                "at": instant(timezone.now()),
                "worker_seen_at": self._worker_seen_at,
            }
        )

    # Who watches

    async def _announce(self) -> None:
        while True:
            await self._meet(again=True)
            await asyncio.sleep(WATCHERS_S)

    async def _meet(self, again: bool = False) -> None:
        """Say who watches through this process, here and to the others."""
        names = sorted({socket.name for socket in self.sockets})
        _, before = self._watchers.get(self._process, (0.0, None))
        self._watchers[self._process] = (time.monotonic(), names)
        await self._tell_watchers()
        if names != before or again:
            await fanout.announce(self._process, names)

    async def _tell_watchers(self) -> None:
        now = time.monotonic()
        self._watchers = {
            process: (at, names)
            for process, (at, names) in self._watchers.items()
            if now - at < WATCHERS_GONE_S
        }
        names = sorted({name for _, names in self._watchers.values() for name in names})
        if names != self._watchers_sent:
            self._watchers_sent = names
            message = _json({"type": "watchers", "names": names})
            for socket in list(self.sockets):
                await self._send(socket, message)


@dataclass(frozen=True, slots=True)
class Frame:
    after: int  # the position that it follows
    position: int  # of its last event
    text: str


def _json(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _head() -> tuple[int, str]:
    head = LogHead.objects.values_list("position", "hash").get()
    return head[0], head[1]


def _newest() -> tuple[Status, list[Event]]:
    """The status at the head, and the newest events up to it."""
    status = log.current_status()
    first = max(0, status["position"] - TAIL_EVENTS)
    return status, list(log.events_between(first, status["position"]))


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


def process_hub_is_full() -> bool:
    """Whether this process admits no more sockets. Callable from any thread."""
    return any(hub.is_full for hub in list(_hubs.values()))
