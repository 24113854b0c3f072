"""HTTPS=1, behind a proxy that ends TLS and says so in a header."""

import http.client
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.db import connections

from tests.accounts import PASSWORD, account
from tests.integration.http.answers import HEADERS
from tests.server import Web

HSTS = "max-age=31536000"


@pytest.fixture
def web(database: str, tmp_path: Path, settings: LazySettings) -> Iterator[Web]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # the web's
    account("viewer")
    connections.close_all()
    web = Web(tmp_path / "web.log", {"DATABASE_URL": database, "HTTPS": "1"})
    try:
        web.start()
        yield web
    finally:
        web.stop()


def ask(web: Web, path: str, *, secure: bool = True, form: Any = None, **headers: str) -> Any:
    """An answer as the proxy gets it; redirects are not followed."""
    if secure:
        headers |= {"X-Forwarded-Proto": "https", "Referer": f"https://127.0.0.1:{web.port}/"}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    with closing(http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)) as peer:
        body = None if form is None else urlencode(form)
        peer.request("GET" if form is None else "POST", path, body, headers)
        answer = peer.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        return answer


def nothing_is_said_without_it(web: Web) -> None:
    for path in ("/", "/syncs/?before=3", "/api/status", "/static/css/base.css", "/nowhere"):
        answer = ask(web, path, secure=False)
        assert answer.status == 301, path
        assert answer.getheader("Location") == f"https://127.0.0.1:{web.port}{path}"
        assert answer.text == ""
    for path in ("/healthz", "/readyz"):  # a probe inside the network
        assert ask(web, path, secure=False).status == 200
    assert ask(web, "/metrics", secure=False).status == 401  # for Prometheus there, with its token


def browsers_keep_to_it_and_cookies_too(web: Web) -> None:
    page = ask(web, "/accounts/login/")
    static = re.findall(r'"(/static/[^"]+)"', page.text)[0]
    for path in ("/accounts/login/", "/", "/api/status", "/nowhere", static):
        answer = ask(web, path)
        assert answer.getheader("Strict-Transport-Security") == HSTS, path
        assert {name: answer.getheader(name) for name in HEADERS} == HEADERS, path
    token = re.findall(r"csrftoken=(\w+)", str(page.getheader("Set-Cookie")))[0]
    form = {"csrfmiddlewaretoken": token, "username": "viewer", "password": PASSWORD}
    answer = ask(web, "/accounts/login/", form=form, Cookie=f"csrftoken={token}")
    assert (answer.status, answer.getheader("Location")) == (302, "/")
    cookies = [value for name, value in answer.getheaders() if name == "Set-Cookie"]
    assert len(cookies) == 2
    for cookie in [*cookies, str(page.getheader("Set-Cookie"))]:
        assert "; Secure" in cookie and "; SameSite=Lax" in cookie and "Domain" not in cookie
    (session,) = [cookie for cookie in cookies if cookie.startswith("sessionid=")]
    assert "; HttpOnly" in session
    signed_in = ask(web, "/api/status", Cookie=session.partition(";")[0])
    assert signed_in.status == 200


def test_one_server_with_https(web: Web) -> None:
    nothing_is_said_without_it(web)
    browsers_keep_to_it_and_cookies_too(web)
