"""Every address, asked by everybody, in every way: its answer has the headers that protect."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import OperationalError, connection, connections
from django.test import Client

import frontend.views
from albums.models import Album
from syncengine.models import SyncOperation
from tests.accounts import ROLES, account, client
from tests.demo import Demo
from tests.integration.http.answers import HTML, JSON, is_safe
from tests.routes import addresses
from tests.sheets import BLUE
from tests.syncing import sync_now

METHODS = ("get", "head", "options", "put", "delete", "patch", "trace")


@pytest.fixture(autouse=True)
def own_database(database: str) -> Iterator[None]:
    yield
    connections.close_all()


def everywhere(**parts: Any) -> list[str]:
    user = User.objects.first()
    known = {
        "album_id": uuid.uuid4(),
        "operation_id": uuid.uuid4(),
        "object_id": 1,
        "content_type_id": 1,
        "id": user.pk if user else 1,
    }
    return addresses(**known | parts)


@pytest.mark.parametrize("role", ROLES)
def test_every_address(role: str, demo: Demo) -> None:
    demo.sheet(BLUE)
    sync_now()
    browser = client(role)
    there = {"album_id": Album.objects.get().pk, "operation_id": SyncOperation.objects.get().pk}
    seen = set()
    for path in {*everywhere(), *everywhere(**there), "/nowhere", "/syncs", "/static/none.css"}:
        for headers in (HTML, JSON):
            answer = browser.get(path, headers=headers)
            assert answer.status_code < 500, path
            is_safe(answer, path)
            seen.add(answer.status_code)
            answer.close()  # as a server does: an export gives its turn back
    assert seen >= {200, 302, 404} | ({401} if role == "nobody" else set())
    assert 403 in seen or role != "viewer"


def test_every_method() -> None:
    browser = client("superuser")
    for path in everywhere():
        for method in METHODS:
            answer = getattr(browser, method)(path, headers=HTML)
            assert answer.status_code < 500, (method, path)
            is_safe(answer, (method, path))
            answer.close()


def broken(error: Exception) -> Callable[..., None]:
    def fail(*args: Any, **options: Any) -> None:
        raise error

    return fail


def test_every_error(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    account("auditor")
    browser = client("admin", csrf=True)
    browser.raise_request_exception = False
    large = {"q": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE}
    wrong = {"username": "auditor", "password": "wrong"}
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/accounts/login/", wrong)

    def answers(headers: dict[str, str]) -> Iterator[tuple[int, Any]]:
        yield 400, browser.get("/", headers=headers | {"Host": "evil.example"})
        yield 403, browser.post("/syncs/", headers=headers)
        yield 404, browser.get("/nowhere", headers=headers)
        yield 405, browser.put("/healthz", headers=headers | csrf(browser))
        yield 413, browser.post("/syncs/", large, headers=headers)
        yield 429, Client().post("/accounts/login/", wrong, headers=headers)
        with monkeypatch.context() as patch:
            patch.setattr(frontend.views, "current_status", broken(RuntimeError("ours")))
            yield 500, browser.get("/", headers=headers)
        with connection.execute_wrapper(broken(OperationalError("gone"))):
            yield 503, browser.get("/", headers=headers)

    for headers in (HTML, JSON):
        for status, answer in answers(headers):
            assert answer.status_code == status
            is_safe(answer, status)


def csrf(browser: Client) -> dict[str, str]:
    """What shows that a request is no stranger's."""
    browser.cookies["csrftoken"] = token = "t" * 32
    return {"X-CSRFToken": token}


@pytest.fixture
def https(settings: LazySettings) -> None:
    """As with HTTPS=1; the real settings are tried with a real process elsewhere."""
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31536000


@pytest.mark.usefixtures("https")
def test_with_https_every_answer_binds_the_browser_to_it() -> None:
    browser = client("superuser")
    for path in {*everywhere(), "/nowhere", "/static/none.css"}:
        for headers in (HTML, JSON):
            answer = browser.get(path, headers=headers, secure=True)
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", path
            is_safe(answer, path)
    refused = browser.get("/", headers={"Host": "evil.example"}, secure=True)
    assert refused.status_code == 400
    assert "Strict-Transport-Security" in refused.headers


@pytest.mark.usefixtures("https")
def test_without_it_a_browser_is_sent_there_and_a_strange_host_nowhere() -> None:
    answer = Client().get("/syncs/?before=3")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/syncs/?before=3")
    is_safe(answer)
    for headers in (HTML, JSON):
        refused = Client().get("/", headers=headers | {"Host": "evil.example"})
        assert refused.status_code == 400
        is_safe(refused)
        assert "evil.example" not in refused.content.decode()
