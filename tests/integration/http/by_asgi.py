"""Requests as Daphne hands them over, whatever bytes are in them; Django's test client tidies."""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.core.handlers.asgi import ASGIHandler
from django.core.signals import got_request_exception


@dataclass
class Answer:
    status_code: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


def ask(
    application: ASGIHandler,
    method: str,
    path: str,
    query: str = "",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """The answer to one request; raises what a view raised, where it is a fault of ours."""
    sent = {"Host": "testserver", "Content-Length": str(len(body)), **(headers or {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), sent[name].encode("latin-1")) for name in sent],
        "client": ["127.0.0.1", 50000],
        "server": ["127.0.0.1", 8000],
    }
    return asyncio.run(_ask(application, scope, body))


async def _ask(application: ASGIHandler, scope: dict[str, Any], body: bytes) -> Answer:
    answers: list[dict[str, Any]] = []
    requests = [{"type": "http.request", "body": body, "more_body": False}]
    faults: list[BaseException | None] = []

    async def receive() -> dict[str, Any]:
        if not requests:
            await asyncio.Future()  # the client waits
        return requests.pop()

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    def note(**signal: Any) -> None:
        faults.append(sys.exc_info()[1])

    got_request_exception.connect(note)
    try:
        await application(scope, receive, send)
    finally:
        got_request_exception.disconnect(note)
    if faults:
        raise AssertionError(f"{scope}") from faults[0]
    start, *parts = answers
    headers = {name.decode().title(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(part.get("body", b"") for part in parts))
