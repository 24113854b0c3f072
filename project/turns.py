"""How many requests are answered at once, how many wait, and who is turned away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from syncengine.http import SIGN_INS, HttpError

Application = Callable[..., Awaitable[Any]]

# Each has a thread and a connection to the database, of which PostgreSQL gives 100 to all.
AT_ONCE = 20
# Whoever signs in has a password hashed, which takes half a second of a processor by design: others
# wait for few of them, and they for each other.
SIGN_INS_AT_ONCE = 2
# Whoever watches over this process must not wait behind those who read slowly.
WATCHED_AT_ONCE = {"/healthz": 10, "/readyz": 2}  # of which the second asks the database
# Each that waits is held in memory with its form, and who signs in would wait for more than ten
# seconds: more are turned away than could come with good reason.
MOST_WAIT = 1000
MOST_WAIT_TO_SIGN_IN = 50
RETRY_AFTER_S = 5


class TooBusy(HttpError):
    """So many wait already that nobody else may. Made anew for each: one that is raised holds on to
    the request that it is raised for."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "too-busy",
            "The server has more requests than it can answer at the moment.",
            "Nothing was done. Try again in a moment.",
        )


class Turns:
    """Gives so many turns at once, and lets so many wait for one; raises TooBusy for others."""

    def __init__(self, at_once: int, most_wait: int = MOST_WAIT) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most_wait = most_wait
        self._waiting = 0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A turn, until the block ends."""
        if self._waiting >= self._most_wait:
            raise TooBusy
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()


def taking_turns(application: Application) -> Application:
    """Answer so many requests at once; the others wait for their turn, but those that ask whether
    this process is alive or ready take turns among themselves. Sign-ins take turns among
    themselves before that.

    Whoever has a turn has it until the request is through, though its client has long hung up: its
    thread may wait for a lock of the database, and ends by closing its connection to it. Daphne
    cancels what has not ended ten seconds after a client hung up (and logs that it "was killed",
    which this one is not), which took the turn and left the connection open: one process had 93 of
    PostgreSQL's 100.
    """
    turns, sign_ins = Turns(AT_ONCE), Turns(SIGN_INS_AT_ONCE, MOST_WAIT_TO_SIGN_IN)
    watched = {path: Turns(at_once) for path, at_once in WATCHED_AT_ONCE.items()}
    under_way: set[asyncio.Task[None]] = set()  # the loop itself keeps only weak references

    async def until_through(taken: AsyncExitStack, *request: Any) -> None:
        async with taken:
            await application(*request)

    async def in_turn(scope: dict[str, Any], receive: Any, send: Any) -> None:
        path, method = scope["path"], scope.get("method")
        # Other methods are refused by a page that knows who asks, which it asks the database.
        turn = watched.get(path, turns) if method in ("GET", "HEAD") else turns
        async with AsyncExitStack() as taken:
            try:
                if method == "POST" and path in SIGN_INS:
                    await taken.enter_async_context(sign_ins.one())
                await taken.enter_async_context(turn.one())
            except TooBusy as error:
                await _turn_away(error, scope, send)
                return
            request = asyncio.create_task(until_through(taken.pop_all(), scope, receive, send))
        under_way.add(request)
        request.add_done_callback(under_way.discard)
        try:
            await asyncio.shield(request)
        except asyncio.CancelledError:
            # Also where the server stops, which waits for those that are under way.
            await asyncio.wait([request])
            raise

    return in_turn


async def _turn_away(error: HttpError, scope: dict[str, Any], send: Any) -> None:
    """Answer at once, without a thread and without a page, of which there are too many."""
    accept = b" ".join(value for name, value in scope["headers"] if name == b"accept")
    if b"application/json" in accept or scope["path"].startswith("/api/"):
        kind, body = b"application/json", error.as_response().content
    else:
        kind, body = b"text/plain; charset=utf-8", f"{error.message} {error.remedy}\n".encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(RETRY_AFTER_S).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
