"""A cable between two programs, to be pulled: a TCP proxy on loopback that can misbehave."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

Mode = Literal["pass", "refuse", "hang", "drip"]
CHUNK_BYTES = 65536
DRIP_S = 1.0  # between two bytes of a dripping answer
LOOK_S = 0.02


class Proxy:
    """Listens on `port` and passes everything on to `target`.

    `mode`: `pass`; `refuse` ends every connection, old and new; `hang` keeps them and passes
    nothing on, either way; `drip` passes answers on a byte a second (`drip_s`). `cut_after_bytes`
    ends a connection in the middle of its answer.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.mode: Mode = "pass"
        self.drip_s = DRIP_S
        self.cut_after_bytes: int | None = None
        self.connected_at: list[float] = []  # of every connection; seconds, monotonic
        self.port = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10), "the proxy does not start"

    @property
    def connections(self) -> int:
        """How many were ever made."""
        return len(self.connected_at)

    def become(self, mode: Mode) -> None:
        """Behave so from now on; connections that are open feel it, too."""
        self.mode = mode
        if mode == "refuse":
            self._loop.call_soon_threadsafe(self._cut_all)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)

    def _run(self) -> None:
        async def serve() -> None:
            self._task = asyncio.current_task()
            server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            server.close()
            self._cut_all()

        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(serve())

    def _cut_all(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected_at.append(time.monotonic())
        self._open.add(writer)
        other = None
        try:
            if self.mode == "refuse":
                return
            await self._while_hanging()
            there, other = await asyncio.open_connection("127.0.0.1", self.target)
            self._open.add(other)
            asking = asyncio.create_task(self._pass_on(reader, other, answer=False))
            await self._pass_on(there, writer, answer=True)
            asking.cancel()
        except (OSError, asyncio.CancelledError):
            pass  # a cable that is cut is what this is for
        finally:
            for end in filter(None, (writer, other)):
                self._open.discard(end)
                end.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answer: bool
    ) -> None:
        passed = 0
        while data := await reader.read(CHUNK_BYTES):
            await self._while_hanging()
            if answer and self.mode == "drip":
                for byte in data:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(self.drip_s)
                continue
            if answer and self.cut_after_bytes is not None:
                data = data[: max(0, self.cut_after_bytes - passed)]
            writer.write(data)
            await writer.drain()
            passed += len(data)
            if answer and self.cut_after_bytes is not None and passed >= self.cut_after_bytes:
                writer.close()
                return
        writer.close()

    async def _while_hanging(self) -> None:
        while self.mode == "hang":  # noqa: ASYNC110 (another thread sets it)
            await asyncio.sleep(LOOK_S)


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """A cable to this port, until the block ends."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
