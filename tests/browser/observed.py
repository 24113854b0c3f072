"""What a page does to itself and to who looks at it, as the browser tells it."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

# One update is everything that is changed before one paint, and its time is when the work for that
# paint begins. Whether the page is about to paint is known inside animation frames, and that ends
# with the first message after them.
OBSERVE = """
window.observed = { updates: [], tasks: [], shifts: [] };
{
  let frames = 0;
  let frameAt = null; // null outside animation frames
  let newest = -1;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => { frameAt = null; };
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (act) => request((time) => {
    if (frameAt === null) {
      frameAt = performance.now();
      frames += 1;
      port2.postMessage(null);
    }
    act(time);
  });
  new MutationObserver(() => {
    const paint = frameAt === null ? frames + 1 : frames;
    if (frameAt === null) requestAnimationFrame(() => {});
    if (paint !== newest) observed.updates.push(frameAt ?? performance.now());
    newest = paint;
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  const note = (type, act) => new PerformanceObserver((list) => list.getEntries().forEach(act))
    .observe({ type, buffered: true });
  note("longtask", ({ startTime, duration }) => observed.tasks.push([startTime, duration]));
  note("layout-shift", ({ startTime, value, hadRecentInput, sources }) => {
    const name = ({ node }) => node?.dataset?.part || node?.className || node?.nodeName || "";
    observed.shifts.push([startTime, value, hadRecentInput, sources.map(name)]);
  });
}
"""
BEGIN = "Object.values(observed).forEach((entries) => { entries.length = 0; })"
SECOND_MS = 1000


@dataclass(frozen=True)
class Observed:
    """Times in ms since the page was asked for."""

    updates: list[float]
    tasks: list[tuple[float, float]]  # begin and length of those of more than 50 ms
    shifts: list[tuple[float, float, bool, list[str]]]  # time, value, after input, what moved

    @property
    def updates_a_second(self) -> int:
        """The most that began in one second, wherever that begins."""
        return max(
            (sum(at <= other < at + SECOND_MS for other in self.updates) for at in self.updates),
            default=0,
        )

    @property
    def longest_task_ms(self) -> float:
        return max((length for _, length in self.tasks), default=0.0)

    @property
    def largest_shift(self) -> float:
        return max(
            (value for _, value, after_input, _ in self.shifts if not after_input), default=0.0
        )


def observe(page: Page) -> None:
    """Before the page is loaded."""
    page.add_init_script(OBSERVE)


def begin(page: Page) -> None:
    """Forget what was observed so far."""
    page.evaluate(BEGIN)


def observed(page: Page) -> Observed:
    found: dict[str, Any] = page.evaluate("observed")
    return Observed(**found)


def held_bytes(page: Page) -> int:
    """What the page's JavaScript holds after everything that nobody needs has been thrown away."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    held: int = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return held
