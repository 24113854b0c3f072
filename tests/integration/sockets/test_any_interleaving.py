"""Whatever browsers and the server do in whatever order, a browser ends with the fold of the log.

The hub, the log and the database are the real ones; only the cable between hub and browser is a
list, so that it can be cut with frames in it.
"""

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from itertools import count
from typing import Any
from unittest.mock import patch

from django.contrib.auth.models import User
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st

from syncengine import hub as hubs
from syncengine import log, roles, sockets, tail
from syncengine.events import Event
from syncengine.hub import Hub
from syncengine.projection import empty, fold
from syncengine.rights import Visitor
from syncengine.sockets import Socket
from syncengine.tail import Cursor
from tests.databases import Databases
from tests.logs import NAMES, SHEET, Writer
from tests.sockets import View

BROWSERS = 3  # the last one may not read the history
ALL = 1000
ALBUMS = 12  # of each sync
MOST_AT_ONCE = 6  # events
ROUNDS_TO_THE_END = 1000
LOOK_S = 0.002
# Times an ordinary example: each makes a database, which takes a server much longer.
COSTS = 8 if os.environ["REDIS_URL"] else 4
# So few events in a frame, at hand and unread that every bound is met; the last two by turns.
SMALL_FRAMES = {(tail, "FRAME_BYTES"): 600}
NARROW = {(tail, "TAIL_EVENTS"): 9, (hubs, "TAIL_EVENTS"): 9, (sockets, "WINDOW_BYTES"): 2000}

# What happens at the same time: events are appended (0 for none), the hub looks, each browser does
# one thing (reads at most so many frames, where it is a number); then perhaps the server dies.
Moment = tuple[int, bool, dict[int, str | int], bool]
moments = st.tuples(
    st.integers(0, MOST_AT_ONCE),
    st.booleans(),
    st.dictionaries(
        st.integers(0, BROWSERS - 1), st.sampled_from(["connect", "connect", "drop", 1, 2, ALL])
    ),
    st.sampled_from([False] * 7 + [True]),
)


class Browser:
    """A page with a cable to the hub, which may be cut."""

    def __init__(self, user: User, may_read_history: bool) -> None:
        self.view = View()
        held = frozenset({roles.AUDITORS} if may_read_history else set())
        self._visitor = Visitor("a session", user.pk, "Ann", held)
        self._cable: deque[str] = deque()
        self._arrived = asyncio.Event()
        self._socket: Socket | None = None
        self.closed_with: list[int] = []

    async def connect(self, hub: Hub) -> None:
        async def send(text: str) -> None:
            cable.append(text)
            self._arrived.set()
            await asyncio.sleep(0)  # others may write to it, too

        async def hang_up(code: int) -> None:
            self.closed_with.append(code)

        await self.drop(hub)
        self._cable = cable = deque()
        self._socket = Socket(self._visitor, send, hang_up)
        cursor = Cursor(*self.view.cursor) if self.view.status else None
        await hub.join(self._socket, cursor, hub.rights_changes)

    async def drop(self, hub: Hub) -> None:
        """Lose whatever is still in the cable."""
        self._cable = deque()
        if self._socket is not None:
            await hub.leave(self._socket)
            self._socket = None

    async def read(self, hub: Hub, frames: int, is_over: Callable[[], bool]) -> None:
        """Read and acknowledge at most so many frames, as long as more may come."""
        while frames and self._socket is not None and (self._cable or not is_over()):
            if self._cable:
                frames -= 1
                position = self.view.take(json.loads(self._cable.popleft()))
                if position is not None:
                    await hub.acknowledge(self._socket, position)
            else:
                self._arrived.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._arrived.wait(), LOOK_S)

    @property
    def position(self) -> int:
        return int(self.view.status["position"]) if self.view.status else -1

    @property
    def is_connected(self) -> bool:
        return self._socket is not None


class Story:
    """One example, from an empty log on."""

    def __init__(self, events: list[Event]) -> None:
        self._coming = deque(events)
        self._end = len(events)
        self.browsers = [
            Browser(User.objects.create(username=str(number)), number < BROWSERS - 1)
            for number in range(BROWSERS)
        ]

    async def tell(self, script: list[Moment]) -> None:
        await self._start()
        for moment in script:
            await self._live_through(*moment)
        rounds = count(1)
        while any(browser.position < self._end for browser in self.browsers):
            assert next(rounds) < ROUNDS_TO_THE_END, "a browser stands still"
            deeds = {
                number: ALL if browser.is_connected else "connect"
                for number, browser in enumerate(self.browsers)
            }
            await self._live_through(MOST_AT_ONCE, True, deeds, False)
        await self._hub._database.close()

    async def _live_through(
        self, appended: int, looks: bool, deeds: dict[int, str | int], dies: bool
    ) -> None:
        events = [self._coming.popleft() for _ in range(min(appended, len(self._coming)))]
        server = [asyncio.create_task(asyncio.to_thread(append, events))]
        if looks:
            server.append(asyncio.create_task(self._hub._follow()))
        await asyncio.gather(
            *server,
            *(
                self._do(self.browsers[number], deed, lambda: all(task.done() for task in server))
                for number, deed in deeds.items()
            ),
        )
        if dies:
            for browser in self.browsers:
                await browser.drop(self._hub)
            await self._hub._database.close()
            await self._start()

    async def _do(self, browser: Browser, deed: str | int, is_over: Callable[[], bool]) -> None:
        if deed == "connect":
            await browser.connect(self._hub)
        elif deed == "drop":
            await browser.drop(self._hub)
        else:
            await browser.read(self._hub, int(deed), is_over)

    async def _start(self) -> None:
        self._hub = Hub()
        await self._hub._follow()  # as it does first of all


def three_syncs() -> list[Event]:
    """A log as it could have been stored."""
    writer = Writer("0" * 64, [0.3])
    for by in ("ann", "bob", "ann"):
        writer.begin(by, "button", "full")
        writer.write("started", {"worker": "w-1", "attempt": 1})
        writer.write("stage-started", {"stage": "sheet", "total": None, "sheet": None})
        writer.total = ALBUMS
        for stage in ("spotify", "albums"):
            data = {"stage": stage, "total": ALBUMS, "sheet": SHEET}
            writer.write("stage-started", data)
        for number in range(ALBUMS):
            writer.synced("added", NAMES[number % len(NAMES)])
        writer.write("completed", {"total": ALBUMS, **writer.counts})
    return writer.events


def append(events: list[Event]) -> None:
    if events:
        with log.appending() as appender:
            for event in events:
                appender.append(event.kind, event.data, event.operation)
    connections.close_all()


@settings(max_examples=settings().max_examples // COSTS)
@given(script=st.lists(moments, min_size=5, max_size=40), narrow=...)
def test_whatever_happens_in_whatever_order_a_browser_ends_with_the_fold_of_the_log(
    databases: Databases,
    django_db_blocker: Any,
    script: list[Moment],
    narrow: bool,
) -> None:
    with django_db_blocker.unblock(), databases.fresh(), ExitStack() as patches:
        for (module, name), value in (SMALL_FRAMES | (NARROW if narrow else {})).items():
            patches.enter_context(patch.object(module, name, value))
        story = Story(three_syncs())
        connections.close_all()
        asyncio.run(story.tell(script))
        whole = list(log.events_between(0, log.head().position))
        status = fold(whole, empty(log.head().log_id))
        for browser in story.browsers:
            assert browser.view.status == status
            assert browser.closed_with == []
