"""What a page must never do, whatever a test is about: errors, reports, dialogs, foreign
requests."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Request, WebError

# The browser tells of refused content in the console; the event says which.
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error(`CSP: ${violatedDirective} ${blockedURI}`));
"""


class Watch:
    """Collects problems of all the contexts that are attached to it."""

    def __init__(self, covers: str) -> None:
        self._covers = covers
        self._own: set[str] = set()
        self._allowed: list[re.Pattern[str]] = []
        self._problems: list[str] = []

    def attach(self, context: BrowserContext, origin: str) -> None:
        self._own |= {origin, origin.replace("http", "ws", 1)}
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("dialog", self._on_dialog)
        context.on("request", self._on_request)

    def allow(self, *patterns: str) -> None:
        """Let console errors pass in this test, because it provokes them."""
        self._allowed += [re.compile(pattern) for pattern in patterns]

    def check(self) -> None:
        assert not self._problems, "\n".join(self._problems)

    def _on_console(self, message: ConsoleMessage) -> None:
        text = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(one.search(text) for one in self._allowed):
            self._problems.append(f"console error: {text}")

    def _on_error(self, error: WebError) -> None:
        self._problems.append(f"uncaught: {error.error}")

    def _on_dialog(self, dialog: Dialog) -> None:
        self._problems.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("data", "blob"):
            return
        origin = f"{url.scheme}://{url.netloc}"
        if origin not in self._own and (origin, request.resource_type) != (self._covers, "image"):
            self._problems.append(f"foreign request: {request.resource_type} {request.url}")
