"""Errors that are nobody's of ours: programs get the same JSON as everywhere, people a page."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.db import connections
from django.test import Client

import frontend.views
from tests.accounts import client
from tests.integration.http.answers import HTML, JSON, error


@pytest.fixture(autouse=True)
def own_database(database: str) -> Iterator[None]:
    yield
    connections.close_all()


@pytest.mark.parametrize("role", ["nobody", "viewer", "superuser"])
def test_an_address_that_is_none(role: str) -> None:
    browser = client(role)
    for path in ("/nowhere", "/syncs/nonsense/", "/albums/1/"):
        answer = browser.get(path, headers=JSON)
        assert (answer.status_code, error(answer)["code"]) == (404, "not-found")
        assert "<h1>" in browser.get(path, headers=HTML).content.decode()
    answer = browser.get("/api/nowhere", headers=HTML)  # where nobody else asks
    assert (answer.status_code, error(answer)["code"]) == (404, "not-found")


def test_a_method_that_is_not_taken() -> None:
    browser = client("admin")
    for path in ("/", "/syncs/", "/api/status", "/api/events", "/healthz"):
        answer = browser.put(path, headers=JSON)
        assert (answer.status_code, error(answer)["code"]) == (405, "wrong-method")
        assert "GET" in answer.headers["Allow"]
    answer = browser.put("/", headers=HTML)
    assert answer.status_code == 405
    assert "<h1>" in answer.content.decode()
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_a_form_of_a_stranger() -> None:
    browser = client("admin", csrf=True)
    answer = browser.post("/syncs/", headers=JSON)
    assert (answer.status_code, error(answer)["code"]) == (403, "csrf")
    assert "out of date" in browser.post("/syncs/", headers=HTML).content.decode()


def test_a_request_that_cannot_be_read(settings: LazySettings) -> None:
    browser = client("admin")
    fields = "&".join(f"f{number}=" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    form = "application/x-www-form-urlencoded"
    for answer in (
        browser.get("/", headers=JSON | {"Host": "evil.example"}),
        browser.post("/syncs/", fields, form, headers=JSON),
        browser.post("/syncs/", b"x", "multipart/form-data", headers=JSON),
        browser.post("/syncs/", b"mode=full", f"{form}; charset=utf-16", headers=JSON),
    ):
        assert (answer.status_code, error(answer)["code"]) == (400, "bad-request")
    answer = browser.get("/", headers=HTML | {"Host": "evil.example"})
    assert answer.status_code == 400
    assert "<h1>" in answer.content.decode()


def test_a_request_that_is_too_large(settings: LazySettings) -> None:
    text = "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    for headers in (JSON, HTML):
        for path in ("/syncs/", "/accounts/login/", "/nowhere"):
            answer = Client().post(path, {"mode": text}, headers=headers)
            assert answer.status_code == 413
            if headers is JSON:
                assert error(answer)["code"] == "too-large"
    assert "<h1>" in answer.content.decode()


def test_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(frontend.views, "current_status", fail)
    browser = client("viewer")
    browser.raise_request_exception = False
    answer = browser.get("/", headers=JSON)
    assert (answer.status_code, error(answer)["code"]) == (500, "server-error")
    page = browser.get("/", headers=HTML)
    assert page.status_code == 500
    assert "secret" not in page.content.decode() + answer.content.decode()
    assert "Traceback" not in page.content.decode()


def test_an_address_that_is_not_for_everybody() -> None:
    answer = client("viewer").get("/syncs/", headers=JSON)
    assert (answer.status_code, error(answer)["code"]) == (403, "not-allowed")
    answer = Client().get("/", headers=JSON)
    assert (answer.status_code, error(answer)["code"]) == (401, "signed-out")
