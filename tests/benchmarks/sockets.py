"""How soon sockets close after signing out, and what readers that do not read cost."""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from django.db import connection, connections

from syncengine import log, operations
from tests.accounts import account
from tests.backends import start_redis
from tests.benchmarks.database import fresh_database
from tests.benchmarks.report import Figure, milliseconds, percentile, show
from tests.deaf import DEAF, Deaf, large_events, readers_that_never_read
from tests.demo import Demo, start_demo
from tests.faults.closings import signed_out_after_s
from tests.server import Asked, Server, Web
from tests.sockets import Socket

ROLES = ("viewer", "auditor")
SIGN_OUTS = 50
MIB = 1024 * 1024
FILLING = (40, 40)  # large events, and the hub holds no more of them at hand
ROUNDS = 12  # of syncs without and with readers that do not read, in turn
LATENCY_MS = 60


def measure() -> None:
    show("Sockets closed after sign-out, from the answer to the close frame", _sign_outs())
    show(f"{DEAF} readers that do not read", [_memory(), _delay_of_others()])


def _sign_outs() -> list[Figure]:
    """One session of an account after the other signs out, while the other one goes on."""
    folder = Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))
    redis = start_redis(folder)
    figures = []
    for name, redis_url, webs in (("in one web process", "", 1), ("in another one", redis, 2)):
        with ExitStack() as stack:
            stack.enter_context(_accounts())
            running = [
                stack.enter_context(
                    _running(Web(folder / f"{webs}-{i}.log", _environment(redis_url)))
                )
                for i in range(webs)
            ]
            times_s = [signed_out_after_s(running[0], running[-1]) for _ in range(SIGN_OUTS)]
        figures.append(
            Figure(
                f"signed out {name}",
                f"median {milliseconds(statistics.median(times_s))},"
                f" worst of {SIGN_OUTS} {milliseconds(max(times_s))}",
                "without a signal up to 10 s",
                "-",
                "worst under 2 s",
            )
        )
    return figures


def _memory() -> Figure:
    """Events of 60 KB are appended without end until the server has cut all of them off."""
    with ExitStack() as stack:
        stack.enter_context(_accounts())
        folder = Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))
        web = stack.enter_context(_running(Web(folder / "web.log", _environment())))
        _admit_all(web)
        quick = stack.enter_context(Socket(web, "auditor"))
        quick.frame()
        for count in FILLING:
            quick.follow_to(large_events(count))
        before = peak = web.rss_bytes
        readers = stack.enter_context(readers_that_never_read(web, quick))
        first = large_events(1)
        began = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            all_gone = pool.submit(_gone_at, readers)
            while not all_gone.done():
                quick.follow_to(large_events(15))
                peak = max(peak, web.rss_bytes)
        took_s = all_gone.result() - began
        appended = log.head().position - first + 1
    return Figure(
        "the web process grew by, for each",
        f"{(peak - before) / DEAF / MIB:.2f} MiB",
        f"{appended * 60_000 / MIB:.0f} MiB of events were sent to whoever reads",
        f"all cut off after {took_s:.1f} s",
        "under 5 MB, and cut off within 10 s",
    )


def _gone_at(readers: list[Deaf]) -> float:
    while not all(reader.is_gone for reader in readers):
        time.sleep(0.05)
    return time.monotonic()


def _delay_of_others() -> Figure:
    """From the time in an event of a whole sync to its arrival at somebody who reads."""
    delays_s: dict[bool, list[float]] = {False: [], True: []}
    with ExitStack() as stack:
        demo = stack.enter_context(start_demo("--latency-ms", str(LATENCY_MS)))
        stack.enter_context(_accounts())
        folder = Path(tempfile.mkdtemp(prefix="groovelog-benchmarks-"))
        server = Server(folder / "server.log", _environment(demo=demo))
        stack.callback(server.stop)
        _admit_all(server)
        for number in range(2 * ROUNDS):
            deaf = bool(number % 2)
            with Socket(server, "auditor") as quick, ExitStack() as round_stack:
                quick.frame()
                if deaf:
                    round_stack.enter_context(readers_that_never_read(server, quick))
                delays_s[deaf] += _delays_s(quick)
    without, with_deaf = (percentile(delays_s[deaf], 0.95) for deaf in (False, True))
    return Figure(
        "others wait for an event, p95",
        f"{milliseconds(with_deaf)} ({len(delays_s[True])} events)",
        f"without such readers {milliseconds(without)} ({len(delays_s[False])} events)",
        f"{with_deaf / without:.2f}",
        "within 1.1",
    )


def _delays_s(quick: Socket) -> list[float]:
    """Run a sync; how long each event of an album took to the socket."""
    arrived: dict[int, float] = {}
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            frame = quick.frame()
            for event in frame.get("events", ()):
                arrived[event["position"]] = time.time()

    reader = threading.Thread(target=read)
    reader.start()
    before = log.head().position
    operations.start("ann", "button", mode="refresh")
    connections.close_all()
    while not log.current_status()["operation"]["finished_at"]:
        time.sleep(0.2)
    over.set()
    reader.join()
    return [
        arrived[event.position] - datetime.fromisoformat(event.at).timestamp()
        for event in log.events_after(before)
        if event.kind == "album-synced" and event.position in arrived
    ]


def _environment(redis_url: str = "", demo: Demo | None = None) -> dict[str, str]:
    own = {"REDIS_URL": redis_url, "SPOTIFY_CALLS_PER_30S": "6000"}
    database = {"DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}"}
    return own | database | (demo.environment() if demo else {})


def _admit_all(web: Asked) -> None:
    for role in ROLES:
        web.admit(role)


@contextmanager
def _accounts() -> Iterator[None]:
    with fresh_database():
        for role in ROLES:
            account(role, password=None)
        connections.close_all()
        yield


@contextmanager
def _running(web: Web) -> Iterator[Web]:
    web.start()
    try:
        yield web
    finally:
        web.stop()
