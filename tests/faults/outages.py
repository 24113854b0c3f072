"""What everybody gets from a web server while its database cannot be used, and how it is seen."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.accounts import PASSWORD
from tests.faults.world import MOST_S
from tests.server import Web

PAGES = (
    "/",
    "/syncs/",
    "/admin/",
    "/accounts/login/",
    "/albums/00000000-0000-0000-0000-000000000000/",
)
PROGRAMS = ("/api/status", "/api/events")
MAX_RETRY_AFTER_S = 60


@dataclass
class Answer:
    status: int
    headers: Any
    body: str

    @property
    def error(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.body)["error"]
        return found


def ask(
    web: Web, path: str, username: str = "", form: dict[str, str] | None = None, kind: str = "html"
) -> Answer:
    """The answer, whatever its status. With a form it is a POST, as a page's own would be."""
    token = "t" * 32
    cookies = web.login(username)["Cookie"] if username else f"csrftoken={token}"
    token = cookies.partition("csrftoken=")[2].partition(";")[0]
    headers = {"Cookie": cookies, "Accept": f"{'text' if kind == 'html' else 'application'}/{kind}"}
    body = None
    if form is not None:
        body = urlencode({"csrfmiddlewaretoken": token, **form}).encode()
    request = urllib.request.Request(web.origin + path, body, headers)
    try:
        with web.opener.open(request, timeout=MOST_S) as answer:
            return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read().decode())


def login_form(username: str) -> dict[str, str]:
    return {"username": username, "password": PASSWORD}


def is_unavailable(answer: Answer) -> bool:
    """503 with a time to come back, in words, and nothing of what went wrong inside."""
    assert answer.status == 503, (answer.status, answer.body[:300])
    assert 1 <= int(answer.headers["Retry-After"]) <= MAX_RETRY_AFTER_S
    assert "Traceback" not in answer.body
    if answer.headers["Content-Type"].startswith("application/json"):
        assert answer.error.keys() == {"code", "message", "remedy"}
        assert all(answer.error.values())
    else:
        assert "<h1>" in answer.body
        assert "Content-Security-Policy" in answer.headers
    return True


def everything_is_unavailable(web: Web) -> None:
    """Every page and API, read or written, as somebody who was signed in before."""
    for path in PAGES:
        assert is_unavailable(ask(web, path, "admin")), path
    for path in PROGRAMS:
        assert is_unavailable(ask(web, path, "admin", kind="json")), path
        assert ask(web, path, "admin").headers["Content-Type"] == "application/json"
    assert is_unavailable(ask(web, "/syncs/", "admin", {}, "json"))
    assert is_unavailable(ask(web, "/syncs/", "admin", {}))
    assert is_unavailable(ask(web, "/accounts/login/", form=login_form("viewer")))
    assert ask(web, "/healthz").status == 200
    assert ask(web, "/readyz").status == 503
