"""The catalog page at 10,000 albums, in a browser: its first paint, and the search as one types."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser

from albums.models import Album
from tests.benchmarks.database import fresh_database
from tests.benchmarks.foreground import UNLIMITED
from tests.benchmarks.open_pages import REST_S, go_live, new_page, serving
from tests.benchmarks.pages import album
from tests.browser.serving import Server
from tests.demo import start_demo

ALBUMS = 10_000
TYPED = "blue notes"
ADJECTIVES = ("Big", "Black", "Blond", "Blue", "Bold", "Golden", "Silver", "Wild")
NOUNS = ("Hours", "Moon", "News", "Night", "Nobody", "Notes", "Road", "Train")
PAUSE_S = 0.2  # between two keys, as somebody types who looks at what comes

FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
# From the key to the end of the paint with the first cards that were found for it, and to the end
# of the next one, in which there are all.
NOTE_SEARCHES = """() => {
  window.searched = [];
  let pressedAt = null;
  document.querySelector("#q").addEventListener("keydown", ({ timeStamp }) => {
    pressedAt = timeStamp;
  });
  const painted = () => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(performance.now());
    requestAnimationFrame(() => port2.postMessage(null));
  });
  const grid = document.querySelector("album-grid");
  const complete = () => new Promise((resolve) => {
    const look = () => "fresh" in grid.dataset || resolve();
    new MutationObserver(look).observe(grid, { attributes: true });
    look();
  });
  new MutationObserver(async () => {
    const since = pressedAt;
    const first = (await painted()) - since;
    await complete();
    searched.push([first, (await painted()) - since]);
    document.dispatchEvent(new Event("searched"));
  }).observe(grid, { childList: true });
}"""
# Who asks again and again whether it is there takes time from what is measured.
WAIT_FOR_SEARCHES = """(number) => new Promise((resolve) => {
  const look = () => searched.length >= number && resolve();
  document.addEventListener("searched", look);
  look();
})"""


@contextmanager
def large_catalog() -> Iterator[Server]:
    """A product with so many albums, with covers, until the block ends."""
    with start_demo("--speed", "0") as demo, fresh_database():
        Album.objects.bulk_create(_named(number, demo.origin) for number in range(ALBUMS))
        with serving(demo, UNLIMITED) as server:
            yield server


def _named(number: int, origin: str) -> Album:
    """An album whose words are spread, so that most letters find others than those before them."""
    adjective, noun = divmod(number % (len(ADJECTIVES) * len(NOUNS)), len(NOUNS))
    return album(
        number,
        artist=f"The {NOUNS[-1 - noun]} of {ADJECTIVES[-1 - adjective]} Street {number % 700}",
        title=f"{ADJECTIVES[adjective]} {NOUNS[noun]} {number}",
        cover_url=f"{origin}/covers/{number:022d}-300.svg",
    )


def first_paint_ms(browser: Browser, server: Server) -> float:
    """From asking for the page to its first text or image, with nothing in the browser's cache."""
    page = new_page(browser, server)
    go_live(page)
    painted: float = page.evaluate(FIRST_PAINT)
    page.context.close()
    return painted


def searched_ms(browser: Browser, server: Server) -> list[tuple[float, float]]:
    """For each key of a search, how long it took until the first of its albums were painted, and
    until all of a page were."""
    page = new_page(browser, server)
    go_live(page)
    time.sleep(REST_S)
    page.evaluate(NOTE_SEARCHES)
    page.locator("#q").focus()
    for number, key in enumerate(TYPED, start=1):
        page.keyboard.press(key)
        page.evaluate(WAIT_FOR_SEARCHES, number)
        time.sleep(PAUSE_S)
    found: list[tuple[float, float]] = page.evaluate("searched")
    page.context.close()
    return found
