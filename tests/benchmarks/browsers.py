"""How soon an event reaches the pages that are open."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from threading import Thread

from playwright.sync_api import Page
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from syncengine import log
from tests.benchmarks.database import fresh_database
from tests.benchmarks.open_pages import go_live, new_page, serving
from tests.benchmarks.report import Figure, milliseconds, percentile, show
from tests.browser.chromium import launched
from tests.browser.people import session_of
from tests.browser.serving import Server
from tests.demo import Demo, start_demo

BROWSERS = 20
LATENCY_MS = 120
CALLS_PER_30S = 90
SETTLE_S = 2


def measure() -> None:
    show(f"An event, from commit to the DOM of {BROWSERS} browsers", _commit_to_dom())


def _commit_to_dom() -> list[Figure]:
    """Whole syncs of the demo's sheet, at the pace of the default limiter.

    An event's time is taken just before its commit, by the clock that pages and sockets read,
    too; so the figures hold the commit itself.
    """
    return [
        *_followed_by(pages=1, sockets=BROWSERS - 1),
        *_followed_by(pages=BROWSERS, sockets=0),
    ]


def _followed_by(pages: int, sockets: int) -> list[Figure]:
    with ExitStack() as stack:
        demo = stack.enter_context(start_demo("--latency-ms", str(LATENCY_MS)))
        stack.enter_context(fresh_database())
        server, cookie = stack.enter_context(_serving(demo))
        arrivals: list[dict[int, float]] = [{} for _ in range(sockets)]
        for arrival in arrivals:
            Thread(target=_note_arrivals, args=(server, cookie, arrival), daemon=True).start()
        opened = stack.enter_context(_pages(server, pages))
        for page in opened:
            page.evaluate(NOTE_WHAT_IS_SHOWN)
        opened[0].get_by_role("button", name="Sync Now").click()
        opened[0].wait_for_selector("sync-panel[data-state=warnings]", timeout=120_000)
        time.sleep(SETTLE_S)
        shown = [page.evaluate("window.shown") for page in opened]
        synced_at = [
            (event.position, datetime.fromisoformat(event.at).timestamp())
            for event in log.events_after(0)
            if event.kind == "album-synced"
        ]
    to_dom = [
        numbers[str(n)] / 1000 - at
        for numbers in shown
        for n, (_, at) in enumerate(synced_at, start=1)
        if str(n) in numbers
    ]
    to_socket = [
        arrival[position] - at for arrival in arrivals for position, at in synced_at
        if position in arrival
    ]  # fmt: skip
    audience = f"{pages} pages in Chromium and {sockets} other sockets"
    figures = [_delays(f"to the DOM, {audience}", to_dom, len(shown) * len(synced_at))]
    if sockets:
        figures.append(_delays(f"to a socket, {audience}", to_socket, sockets * len(synced_at)))
    return figures


def _delays(name: str, delays_s: list[float], expected: int) -> Figure:
    return Figure(
        name,
        f"p50 {milliseconds(percentile(delays_s, 0.5))},"
        f" p95 {milliseconds(percentile(delays_s, 0.95))},"
        f" longest {milliseconds(max(delays_s))}",
        f"{len(delays_s)} of {expected} seen by themselves, the others together with the next",
        "server, worker, demo and browsers share this machine",
        "p95 under 100 ms",
    )


def _note_arrivals(server: Server, cookie: str, arrivals: dict[int, float]) -> None:
    """Note when each event arrives at a socket, by its position, until the server ends."""
    headers = {"Cookie": cookie}
    url = f"ws://127.0.0.1:{server.port}/ws/sync/"
    with (
        suppress(ConnectionClosed),
        connect(url, origin=server.origin, additional_headers=headers, proxy=None) as socket,
    ):
        while True:
            frame = json.loads(socket.recv())
            now = time.time()
            if frame["type"] == "events":
                for event in frame["events"]:
                    arrivals[event["position"]] = now
                socket.send(json.dumps({"type": "ack", "position": event["position"]}))


@contextmanager
def _serving(demo: Demo) -> Iterator[tuple[Server, str]]:
    """Serve the current database; yields the server and an admin's cookie."""
    with serving(demo, CALLS_PER_30S) as server:
        yield server, f"sessionid={session_of('admin')}"


@contextmanager
def _pages(server: Server, count: int) -> Iterator[list[Page]]:
    with launched() as browser:
        pages = []
        for number in range(count):
            name = ("admin2", "admin")[number % 2]  # at most 20 sockets a person
            pages.append(new_page(browser, server, name))
            go_live(pages[-1])
        yield pages


NOTE_WHAT_IS_SHOWN = """() => {
  window.shown = {};
  const note = () => {
    const text = document.querySelector("sync-panel").textContent;
    const match = text.match(/(\\d+)\\/\\d+ albums synced/);
    if (match) window.shown[match[1]] ??= Date.now();
  };
  new MutationObserver(note).observe(
    document.querySelector("sync-panel"),
    { subtree: true, childList: true, characterData: true, attributes: true },
  );
}"""
