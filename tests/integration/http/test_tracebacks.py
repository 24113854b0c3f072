"""The page of an error with DEBUG=1, and lines of the log: where it happened, and no secret."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection, connections
from django.test import Client

import frontend.views
from tests.accounts import PASSWORD, account, client
from tests.integration.http.answers import HTML, JSON

PLAIN = {"Accept": "text/plain"}
# Named, since the page shows the lines of source around a call, these here among them.
LOCAL, OWN, SENT = "canary-of-a-variable", "canary-of-a-setting", "canary-of-a-header"


@pytest.fixture(autouse=True)
def debugging(database: str, settings: LazySettings) -> Iterator[None]:
    settings.DEBUG = True
    settings.SPOTIFY_CLIENT_SECRET = settings.SECRET_KEY = settings.REDIS_URL = OWN
    yield
    connections.close_all()


@pytest.mark.parametrize("headers", [HTML, PLAIN, JSON], ids=["html", "plain", "json"])
def test_a_page_that_fails(
    headers: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        token = LOCAL  # noqa: F841 (a variable of the frame that fails)
        raise RuntimeError("what happened")

    monkeypatch.setattr(frontend.views, "current_status", fail)
    browser = client("admin")
    browser.raise_request_exception = False
    session = browser.cookies["sessionid"].value
    answer = browser.get("/?q=asked", headers=headers | {"Authorization": SENT})
    assert answer.status_code == 500
    page = answer.content.decode()
    assert ("what happened" in page) is (headers is not JSON)
    for secret in (session, LOCAL, OWN, SENT):
        assert secret not in page, secret
        assert secret not in logged(caplog), secret


def test_signing_in_while_the_database_fails(caplog: pytest.LogCaptureFixture) -> None:
    account("viewer")

    def fail(*args: Any) -> None:
        raise OperationalError("gone")

    browser = Client(raise_request_exception=False)
    with connection.execute_wrapper(fail):
        answer = browser.post(
            "/accounts/login/", {"username": "viewer", "password": PASSWORD}, headers=HTML
        )
    assert answer.status_code == 500
    assert "OperationalError" in answer.content.decode()
    assert PASSWORD not in answer.content.decode() + logged(caplog)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Every record as the terminal has it, tracebacks included."""
    formatter = logging.Formatter()
    return "\n".join(formatter.format(record) for record in caplog.records)
