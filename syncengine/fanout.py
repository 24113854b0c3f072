"""The only module that talks to the channel layer: the doorbell, and the hub that answers it.

A ring says that there may be something new and carries nothing; whoever hears it reads the log,
and everybody also looks by themselves now and then, so that a lost ring costs a moment and never
an event. Channels delivers at most once (https://channels.readthedocs.io, "Channel Layers").
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer

logger = logging.getLogger("groovelog.fanout")

GROUP = "sync"  # every web process listens here
WORKER_CHANNEL = "sync"  # one worker takes each message from here
RING_LIMIT_S = 1.0  # a channel layer that hangs must not hold up a sync
TRIES_APART_S = 1.0  # whoever asks meanwhile hears how the last one went
JOIN_LIMIT_S = 5.0
GROUP_RENEWAL_S = 5.0  # layers forget members: after a flush, an expiry, a restart
FIRST_RETRY_S, LAST_RETRY_S = 0.5, 2.0


async def ring() -> bool:
    """Tell every web process that the log has grown. False, and no error, where the channel layer
    does not take it."""
    return await _send(get_channel_layer().group_send(GROUP, {"type": "bell"}))


_trying = threading.Lock()
_tried_at = -float("inf")  # monotonic
_took = False


def takes_messages() -> bool:
    """Whether the channel layer takes a ring. Tries are TRIES_APART_S apart, however many ask: all
    processes hear one, and a layer that hangs takes its limit. From any thread without an event
    loop."""
    global _tried_at, _took
    with _trying:
        if time.monotonic() - _tried_at >= TRIES_APART_S:
            _took = async_to_sync(ring)()
            _tried_at = time.monotonic()
        return _took


async def nudge_worker() -> None:
    """Tell one worker that there may be work. Never fails."""
    await _send(get_channel_layer().send(WORKER_CHANNEL, {"type": "nudge"}))


async def ring_and_nudge() -> None:
    """Both at once, so that a channel layer that hangs costs its limit once. Never fails."""
    await asyncio.gather(ring(), nudge_worker())


async def announce(process: str, names: list[str]) -> None:
    """Tell every web process who watches through this one. Never fails."""
    message = {"type": "watchers", "process": process, "names": names}
    await _send(get_channel_layer().group_send(GROUP, message))


class _Outage:
    """Is said once when it begins and once when it is over, however often it is met."""

    def __init__(self, begins: str, is_over: str) -> None:
        self._begins, self._is_over = begins, is_over
        self._lasts = False

    def met(self, error: Exception) -> None:
        if not self._lasts:
            logger.warning(
                "%s (%s): events are late by up to a second", self._begins, type(error).__name__
            )
        self._lasts = True

    def over(self) -> None:
        if self._lasts:
            logger.warning(self._is_over)
        self._lasts = False


_sending = _Outage("the channel layer takes no message", "the channel layer takes messages again")
_receiving = _Outage("the channel layer does not answer", "the channel layer answers again")


async def _send(sending: Awaitable[None]) -> bool:
    try:
        async with asyncio.timeout(RING_LIMIT_S):
            await sending
    except Exception as error:
        # Nobody is lost by it: everybody looks into the log by themselves every second.
        _sending.met(error)
        return False
    _sending.over()
    return True


_rights_pulled = threading.Event()
# Its thread is waited for at exit, so that a command that ends at once is heard, too.
_rights_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rights-bell")


def ring_rights() -> None:
    """Tell the other web processes that rights may have changed. Never waits and never fails;
    callable from any thread, with an event loop or without."""
    # The in-process layer has no other processes, and is no matter for other threads.
    if not isinstance(get_channel_layer(), InMemoryChannelLayer) and not _rights_pulled.is_set():
        _rights_pulled.set()
        _rights_thread.submit(_ring_rights)


def _ring_rights() -> None:
    _rights_pulled.clear()

    async def ring() -> bool:
        return await _send(get_channel_layer().group_send(GROUP, {"type": "rights"}))

    asyncio.run(ring())


class Bell:
    """Rings for a worker: at most one ring is under way, however many events there are."""

    def __init__(self) -> None:
        self._pulled = asyncio.Event()

    def pull(self) -> None:
        self._pulled.set()

    async def ringing(self) -> None:
        """Ring whenever the bell was pulled, until cancelled."""
        while True:
            await self._pulled.wait()
            self._pulled.clear()
            await ring()


async def group_messages() -> AsyncIterator[dict[str, Any]]:
    """Every message to the group, for ever: a layer that fails is tried again, and the membership
    renewed, since a layer forgets it."""
    async for message in _received(join=True):
        yield message


async def worker_messages() -> AsyncIterator[dict[str, Any]]:
    """Every message to the worker, for ever."""
    async for message in _received(join=False):
        yield message


async def _received(join: bool) -> AsyncIterator[dict[str, Any]]:
    layer = get_channel_layer()
    # One name for ever: a layer keeps those that it has been told until they expire.
    channel = await layer.new_channel() if join else WORKER_CHANNEL
    retry_s = FIRST_RETRY_S
    join_at = 0.0  # monotonic
    while True:
        try:
            if join and time.monotonic() >= join_at:
                async with asyncio.timeout(JOIN_LIMIT_S):
                    await layer.group_add(GROUP, channel)
                join_at = time.monotonic() + GROUP_RENEWAL_S
            message = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GROUP_RENEWAL_S):
                    message = await layer.receive(channel)
        except Exception as error:
            _receiving.met(error)
            join_at = 0.0
            await asyncio.sleep(retry_s)
            retry_s = min(retry_s * 2, LAST_RETRY_S)
            continue
        retry_s = FIRST_RETRY_S
        if join or message is not None:  # who only waits cannot tell a hang from silence
            _receiving.over()
        if message is not None:
            yield message
