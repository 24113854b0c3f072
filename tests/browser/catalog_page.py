"""The catalog page as a person uses it, and what stands on it."""

import re
import time
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.syncing import nothing_differs

SAME_LIMIT_S = 20.0
SYNC_LIMIT_S = 60.0
LOOK_MS = 100
ENDED = re.compile("^(completed|warnings|failed|cancelled)$")

# Keeps every text that stood in a part of the panel, with the time at which it came.
RECORD = """() => {
  const panel = document.querySelector("sync-panel");
  window.seen = {};
  window.marker = "no reload";
  const look = () => {
    const parts = { button: "startButton", headline: 0, result: 0, figures: 0, countdown: 0 };
    for (const [name, part] of Object.entries(parts)) {
      const text = panel.querySelector(`[data-part=${part || name}]`)?.textContent.trim() ?? "";
      const texts = (window.seen[name] ??= []);
      if (texts.at(-1)?.text !== text) texts.push({ text, at: performance.now() });
    }
  };
  look();
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(panel, all);
}"""

# The page's own modules: importing one again gives the same one, with what it knows.
STATUS = """async () => {
  const main = document.querySelector("script[type=module][src*='/main.']").src;
  const [name] = (await (await fetch(main)).text()).match(/store\\.[0-9a-f]+\\.js/);
  return (await import(new URL(name, main))).current().status;
}"""

# Everything but what moves with the clock, and who watches through which connection.
SHOWN = """() => {
  const text = (node) => (node ? node.textContent.replace(/\\s+/g, " ").trim() : null);
  const visible = (node) => Boolean(node) && node.checkVisibility();
  const panel = document.querySelector("sync-panel");
  const part = (name) => {
    const node = panel.querySelector(`[data-part=${name}]`);
    return visible(node) ? text(node) : null;
  };
  const parts = ["headline", "result", "figures", "remark", "lastLabel", "by", "took", "error"];
  const bar = panel.querySelector("[data-part=bar]");
  return {
    state: panel.dataset.state,
    parts: Object.fromEntries(parts.map((name) => [name, part(name)])),
    times: [...panel.querySelectorAll("relative-time")].filter(visible)
      .map((node) => node.getAttribute("datetime")),
    buttons: [...panel.querySelectorAll("button")].filter(visible)
      .map((button) => [text(button), button.disabled]),
    steps: [...panel.querySelectorAll("[data-step]")].map((step) => text(step)),
    bar: visible(bar) && ["aria-valuenow", "aria-valuemax"].map((name) => bar.getAttribute(name)),
    failures: [...panel.querySelectorAll("failure-list li")].map(text),
    total: text(document.querySelector("[data-total]")),
    cards: [...document.querySelectorAll("album-grid [data-cards] [data-album]")].map((card) => ({
      album: card.dataset.album,
      keys: [card.dataset.artist, card.dataset.title, card.dataset.year],
      fields: [...card.querySelectorAll("[data-field]")].map((node) =>
        [node.dataset.field, text(node)]),
      links: [...card.querySelectorAll("a")].map((a) => [a.getAttribute("href"), a.hidden]),
      covers: [...card.querySelectorAll("img")].map((img) => [img.getAttribute("src"), img.alt]),
    })),
  };
}"""


class CatalogPage:
    """The page at `/`, open in a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    @property
    def panel(self) -> Locator:
        return self.page.locator("sync-panel")

    @property
    def button(self) -> Locator:
        return self.part("startButton")

    @property
    def headline(self) -> Locator:
        return self.part("headline")

    @property
    def result(self) -> Locator:
        return self.part("result")

    @property
    def cards(self) -> Locator:
        return self.page.locator("album-grid [data-cards] [data-album]")

    def part(self, name: str) -> Locator:
        return self.panel.locator(f"[data-part={name}]")

    def open(self, path: str = "/") -> None:
        """Load the page and wait until it is live."""
        self.page.goto(path)
        self.wait_live()

    def wait_live(self) -> None:
        expect(self.page.locator("html")).to_have_attribute("data-connection", "live")

    def start(self) -> None:
        """Press Sync Now and wait until the server has named the operation."""
        self.button.click()
        expect(self.part("cancelForm")).to_be_visible()

    def wait_for_end(self, limit_s: float = 60) -> str:
        """Wait until no sync is under way; returns how it ended."""
        expect(self.panel).to_have_attribute("data-state", ENDED, timeout=limit_s * 1000)
        nothing_differs()
        print(self.panel.inner_text())  # pytest shows it where a test fails
        return str(self.panel.get_attribute("data-state"))

    def sync(self) -> str:
        """Press Sync Now and wait for the end, which may come in the blink of an eye."""
        before = self.status()["position"]
        self.button.click()
        until = time.monotonic() + SYNC_LIMIT_S
        while (now := self.status())["position"] == before or not now["operation"]["finished_at"]:
            assert time.monotonic() < until, now
            self.page.wait_for_timeout(LOOK_MS)
        return self.wait_for_end()

    def reload_until(self, part: Locator, text: str) -> None:
        """Reload, as one without JavaScript has to, until this stands there."""
        until = time.monotonic() + SYNC_LIMIT_S
        while (shown := part.text_content()) != text:
            assert time.monotonic() < until, shown
            self.page.reload()

    def record(self) -> None:
        """Note from now on every text that the panel shows."""
        self.page.evaluate(RECORD)

    def seen(self, part: str) -> list[str]:
        """The texts that stood in a part since `record`, in order; fails after a reload."""
        assert self.page.evaluate("window.marker") == "no reload"
        return [one["text"] for one in self.page.evaluate("window.seen")[part]]

    def status(self) -> dict[str, Any]:
        """The status that the page has folded."""
        status: dict[str, Any] = self.page.evaluate(STATUS)
        return status

    def shown(self) -> dict[str, Any]:
        """What stands on the page, without what moves with the clock."""
        shown: dict[str, Any] = self.page.evaluate(SHOWN)
        return shown

    def must_equal(self, other: "CatalogPage") -> None:
        """Fails unless both pages come to show the same and to know the same."""
        until = time.monotonic() + SAME_LIMIT_S
        while (self.shown(), self.status()) != (other.shown(), other.status()):
            if time.monotonic() > until:
                assert self.shown() == other.shown()
                assert self.status() == other.status()
            self.page.wait_for_timeout(LOOK_MS)
