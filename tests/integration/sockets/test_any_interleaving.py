"""Whatever browsers and the server do in whatever order, a browser ends with the fold of the log.

The hub, the log and the database are the real ones; only the cable between hub and browser is a
list, so that it can be cut with frames in it.
"""

import asyncio
import json
import os
from collections import deque
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from django.contrib.auth.models import User
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st

from syncengine import hub as hubs
from syncengine import log, rights, sockets, tail
from syncengine.events import Event
from syncengine.hub import Hub
from syncengine.projection import empty, fold
from syncengine.sockets import Socket
from syncengine.tail import Cursor
from tests.databases import Databases
from tests.logs import event_logs
from tests.sockets import View

BROWSERS = 3  # the last one may not read the history
ROUNDS_TO_THE_END = 1000
# Times an ordinary example: each makes a database, which takes a server much longer.
COSTS = 8 if os.environ["REDIS_URL"] else 2

browsers = st.integers(0, BROWSERS - 1)
acts = st.one_of(
    st.tuples(st.just("append"), st.integers(1, 8)),
    st.tuples(st.just("look"), st.just(0)),
    st.tuples(st.just("connect"), browsers),
    st.tuples(st.just("drop"), browsers),
    st.tuples(st.just("read"), browsers),
    st.tuples(st.just("read all"), browsers),
    st.tuples(st.just("restart"), st.just(0)),
)
# What stands in one list happens at the same time.
scripts = st.lists(st.lists(acts, min_size=1, max_size=3), max_size=20)
# So few events at hand, bytes in a frame and bytes that may be unread: all bounds are met.
NARROW = {(tail, "TAIL_EVENTS"): 6, (hubs, "TAIL_EVENTS"): 6}
NARROW |= {(tail, "FRAME_BYTES"): 1000, (sockets, "WINDOW_BYTES"): 2000}


class Browser:
    """A page with a cable to the hub, which may be cut. What it does, it does one after another."""

    def __init__(self, user: User, may_read_history: bool) -> None:
        self.view = View()
        self._admission = rights.admission(user, "a session")
        self._may_read_history = may_read_history
        self._cable: deque[str] = deque()
        self._socket: Socket | None = None
        self._lock = asyncio.Lock()

    async def do(self, what: str, hub: Hub) -> None:
        async with self._lock:
            if what in ("connect", "drop"):
                await self._drop(hub)
            if what == "connect":
                await self._connect(hub)
            elif what == "read":
                await self._read(hub, 1)
            elif what == "read all":
                await self._read(hub, len(self._cable))

    async def _connect(self, hub: Hub) -> None:
        async def send(text: str) -> None:
            cable.append(text)
            await asyncio.sleep(0)  # others may write to it, too

        async def hang_up(code: int) -> None:
            raise AssertionError(f"the hub closes with {code}")

        self._cable = cable = deque()
        self._socket = Socket("Ann", self._admission, self._may_read_history, send, hang_up)
        await hub.join(self._socket, Cursor(*self.view.cursor) if self.view.status else None)

    async def _drop(self, hub: Hub) -> None:
        """Lose whatever is still in the cable."""
        self._cable = deque()
        if self._socket is not None:
            await hub.leave(self._socket)
            self._socket = None

    async def _read(self, hub: Hub, frames: int) -> None:
        """Read so many frames and acknowledge them."""
        for _ in range(min(frames, len(self._cable))):
            position = self.view.take(json.loads(self._cable.popleft()))
            if position is not None and self._socket is not None:
                await hub.acknowledge(self._socket, position)

    def is_at(self, head: Cursor) -> bool:
        return bool(self.view.status) and Cursor(*self.view.cursor) == head

    @property
    def is_connected(self) -> bool:
        return self._socket is not None


class Story:
    """One example, from an empty log on."""

    def __init__(self, events: list[Event]) -> None:
        self._coming = deque(events)
        self._appending = asyncio.Lock()
        self.browsers = [
            Browser(User.objects.create(username=str(number)), number < BROWSERS - 1)
            for number in range(BROWSERS)
        ]

    async def tell(self, script: list[list[tuple[str, int]]]) -> None:
        await self._start()
        for at_once in script:
            # Who connects to a server that has just died connects to the next one.
            last = [act for act in at_once if act[0] == "restart"]
            await asyncio.gather(*(self._do(*act) for act in at_once if act not in last))
            if last:
                await self._restart()
        await self._append(len(self._coming))
        for _ in range(ROUNDS_TO_THE_END):
            await self._hub._follow()
            for browser in self.browsers:
                await browser.do("read all" if browser.is_connected else "connect", self._hub)
            if all(browser.is_at(self._hub._tail.head) for browser in self.browsers):
                break
        await self._hub._database.close()

    async def _do(self, what: str, number: int) -> None:
        if what == "append":
            await self._append(number)
        elif what == "look":
            await self._hub._follow()
        else:
            await self.browsers[number].do(what, self._hub)

    async def _append(self, number: int) -> None:
        async with self._appending:
            count = min(number, len(self._coming))
            await asyncio.to_thread(append, [self._coming.popleft() for _ in range(count)])

    async def _start(self) -> None:
        self._hub = Hub()
        await self._hub._follow()  # as it does first of all

    async def _restart(self) -> None:
        for browser in self.browsers:
            await browser.do("drop", self._hub)
        await self._hub._database.close()
        await self._start()


def append(events: list[Event]) -> None:
    if events:
        with log.appending() as appender:
            for event in events:
                appender.append(event.kind, event.data, event.operation)
    connections.close_all()


@settings(max_examples=settings().max_examples // COSTS)
@given(events=event_logs(max_operations=2), script=scripts, narrow=st.booleans())
def test_whatever_happens_in_whatever_order_a_browser_ends_with_the_fold_of_the_log(
    databases: Databases,
    django_db_blocker: Any,
    events: list[Event],
    script: list[list[tuple[str, int]]],
    narrow: bool,
) -> None:
    with django_db_blocker.unblock(), databases.fresh(), ExitStack() as patches:
        for (module, name), value in NARROW.items() if narrow else ():
            patches.enter_context(patch.object(module, name, value))
        story = Story(events)
        connections.close_all()
        asyncio.run(story.tell(script))
        whole = list(log.events_between(0, log.head().position))
        assert len(whole) == len(events)
        status = fold(whole, empty(log.head().log_id))
        for browser in story.browsers:
            assert browser.view.status == status
