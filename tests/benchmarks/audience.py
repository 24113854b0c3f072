"""Many sockets of people who watch, in a process of their own, as on another machine."""

import asyncio
import gc
import json
import random
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import aiohttp

from tests.benchmarks.report import percentile
from tests.process import rss_bytes

CONNECT_LIMIT_S = 120.0
SILENCE_S = 4.0  # without any event, and nothing more is awaited
CONNECTS_AT_ONCE = 50  # where it does not matter how fast
AGAIN_S = 0.1
ACKNOWLEDGE_S = (0.5, 1.0)  # after news, as `acknowledger.js` does
LOOK_S = 0.01


@dataclass(frozen=True)
class House:
    """A server, the cookie of each socket that is to be opened to it, and whether it wants to be
    told what has arrived."""

    origin: str
    cookies: Sequence[str]
    wants_acknowledgements: bool


@dataclass(frozen=True)
class Heard:
    """`arrived_share` is of all that was appended. `took_s` lasts from the request to append to the
    last arrival. `delays_s` are from each commit to each arrival, in order."""

    delivered: int
    arrived_share: float
    took_s: float
    delays_s: list[float]

    def delay_ms(self, share: float) -> float:
        """That within which this share of the arrivals came."""
        return 1000 * percentile(self.delays_s, share)

    def __str__(self) -> str:
        half, most = self.delay_ms(0.5), self.delay_ms(0.99)
        return f"{self.delivered:,} in {self.took_s:.2f} s, p50 {half:.0f} ms, p99 {most:.0f} ms"


@dataclass
class _Listener:
    house: House
    cookie: str
    awaited: int = 0  # the position that is to be reached
    is_let_in: asyncio.Event = field(default_factory=asyncio.Event)
    position: int = 0
    has_reached: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: dict[int, float] = field(default_factory=dict)  # seconds since the epoch, by position
    _owes: asyncio.Task[None] | None = None

    async def listen(self, session: aiohttp.ClientSession, after: str = "") -> None:
        """Until cancelled; a handshake that fails is tried again."""
        url = self.house.origin.replace("http", "ws", 1) + "/ws/sync/" + after
        headers = {"Cookie": self.cookie, "Origin": self.house.origin}
        while True:
            try:
                async with session.ws_connect(url, headers=headers) as socket:
                    self.is_let_in.set()
                    async for message in socket:
                        frame = json.loads(message.data)
                        self._take(frame)
                        is_owed = frame["type"] in ("events", "snapshot")
                        if self.house.wants_acknowledgements and is_owed and not self._owes:
                            self._owes = asyncio.create_task(self._acknowledge(socket))
            except (aiohttp.ClientError, OSError):  # a TimeoutError is one
                pass
            await asyncio.sleep(AGAIN_S)

    async def _acknowledge(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await asyncio.sleep(random.uniform(*ACKNOWLEDGE_S))
        self._owes = None
        with suppress(aiohttp.ClientError):
            await socket.send_json({"type": "ack", "position": self.position})

    def _take(self, frame: dict[str, Any]) -> None:
        now = time.time()
        if frame["type"] == "events":
            for event in frame["events"]:
                self.arrived.setdefault(event["position"], now)
            self._reach(event["position"])
        elif frame["type"] == "snapshot":
            self._reach(frame["position"])

    def _reach(self, position: int) -> None:
        self.position = position
        if position >= self.awaited:
            self.has_reached.set()


def listened(house: House, count: int, pause_s: float) -> Heard:
    """Open the sockets, have so many events appended, and tell what arrived."""
    return _elsewhere(_listened, house, count, pause_s)


def reconnected_s(house: House, after: str, position: int) -> float:
    """Open all sockets at once, each with the query `after`; seconds until the last one has
    reached this position."""
    return _elsewhere(_reconnected_s, house, after, position)


def bytes_a_socket(house: House, pid: int) -> float:
    """Open the sockets; what the server process has grown by for each, when nothing happens."""
    return _elsewhere(_bytes_a_socket, house, pid)


def _elsewhere(work: Any, *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_run, work, arguments).result()


def _run(work: Any, arguments: Any) -> Any:
    # Its pauses, of 100 ms with a thousand sockets here, would count as delays of the server.
    gc.disable()
    return asyncio.run(work(*arguments))


class _Opened:
    """The sockets of a house, while the block lasts."""

    def __init__(self, house: House, after: str = "") -> None:
        self._house, self._after = house, after
        self.listeners = [_Listener(house, cookie) for cookie in house.cookies]
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "_Opened":
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=None)
        session = aiohttp.ClientSession(connector=connector, timeout=timeout)
        self.session = await self._stack.enter_async_context(session)
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self._stack.aclose()

    def open(self, listeners: Sequence[_Listener]) -> None:
        for listener in listeners:
            task = asyncio.create_task(listener.listen(self.session, self._after))
            self._tasks.append(task)

    async def open_gently(self, listeners: Sequence[_Listener]) -> None:
        for first in range(0, len(listeners), CONNECTS_AT_ONCE):
            some = listeners[first : first + CONNECTS_AT_ONCE]
            self.open(some)
            async with asyncio.timeout(CONNECT_LIMIT_S):
                await asyncio.gather(*(listener.is_let_in.wait() for listener in some))
        await asyncio.sleep(SILENCE_S)  # until they are told who else watches


async def _listened(house: House, count: int, pause_s: float) -> Heard:
    async with _Opened(house) as opened:
        await opened.open_gently(opened.listeners)
        began = time.time()
        url = f"{house.origin}/append?count={count}&pause_s={pause_s}"
        appending = asyncio.create_task(_asked(opened.session, url))
        listeners = opened.listeners
        expected = len(listeners) * count
        heard, since = 0, time.time()
        while heard < expected and (time.time() - since < SILENCE_S or not appending.done()):
            await asyncio.sleep(LOOK_S)
            now = sum(len(listener.arrived) for listener in listeners)
            if now > heard:
                heard, since = now, time.time()
        committed = dict(await appending)
    arrivals = [
        (arrived - committed[position], arrived)
        for listener in listeners
        for position, arrived in listener.arrived.items()
    ]
    delays_s, times = zip(*sorted(arrivals), strict=True)
    return Heard(len(arrivals), len(arrivals) / expected, max(times) - began, list(delays_s))


async def _asked(session: aiohttp.ClientSession, url: str) -> list[tuple[int, float]]:
    async with session.get(url) as answer:
        found: list[tuple[int, float]] = json.loads(await answer.read())
        return found


async def _reconnected_s(house: House, after: str, position: int) -> float:
    async with _Opened(house, after) as opened:
        for listener in opened.listeners:
            listener.awaited = position
        began = time.monotonic()
        opened.open(opened.listeners)
        async with asyncio.timeout(CONNECT_LIMIT_S):
            await asyncio.gather(*(listener.has_reached.wait() for listener in opened.listeners))
        return time.monotonic() - began


async def _bytes_a_socket(house: House, pid: int) -> float:
    async with _Opened(house) as opened:
        first, others = opened.listeners[:CONNECTS_AT_ONCE], opened.listeners[CONNECTS_AT_ONCE:]
        await opened.open_gently(first)  # whatever the first ones make for all
        before = rss_bytes(pid)
        await opened.open_gently(others)
        return (rss_bytes(pid) - before) / len(others)
