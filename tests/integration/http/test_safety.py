"""What browsers are told, and what a stranger's page cannot make them do."""

import re
import uuid
from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import Client

from albums.models import Album
from syncengine import operations
from tests.accounts import PASSWORD, account, client
from tests.commands import manage
from tests.demo import Demo
from tests.sheets import BLUE
from tests.syncing import current_operation, sync_now

JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def own_database(database: str) -> Iterator[None]:
    yield
    connections.close_all()


def test_a_form_of_a_strangers_page_starts_nothing() -> None:
    browser = client("admin", csrf=True)
    assert browser.post("/syncs/", headers=HTML).status_code == 403
    assert browser.post("/syncs/", headers=JSON).status_code == 403
    assert current_operation() is None


@pytest.mark.parametrize("act", ["cancel", "retry", "confirm"])
def test_a_form_of_a_strangers_page_touches_nothing(act: str) -> None:
    operation = operations.start("ann", "button")
    browser = client("admin", csrf=True)
    assert browser.post(f"/syncs/{operation['id']}/{act}/", headers=HTML).status_code == 403
    assert current_operation() == operation


def test_the_pages_own_form_carries_what_is_asked_for() -> None:
    browser = client("admin", csrf=True)
    page = browser.get("/", headers=HTML).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    answer = browser.post("/syncs/", {"csrfmiddlewaretoken": token[1]}, headers=HTML)
    assert answer.status_code == 303


def test_signing_in_leads_to_the_catalog_and_nowhere_else() -> None:
    account("viewer")
    form = {"username": "viewer", "password": PASSWORD}
    answer = Client().post("/accounts/login/?next=https://evil.example/", form)
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_guessing_passwords_is_slowed_down_per_name() -> None:
    account("viewer")
    browser = Client()
    for _ in range(10):
        browser.post("/accounts/login/", {"username": "viewer", "password": "wrong"})
    form = {"username": "viewer", "password": PASSWORD}
    assert browser.post("/accounts/login/", form).status_code == 429
    account("viewer", "other")
    assert browser.post("/accounts/login/", {**form, "username": "other"}).status_code == 302


@pytest.mark.parametrize("role", ["nobody", "superuser"])
def test_every_answer_carries_the_security_headers(role: str, demo: Demo) -> None:
    demo.sheet(BLUE)
    sync_now()
    sync, album = current_operation()["id"], Album.objects.get().pk
    browser = client(role)
    paths = [
        "/",
        "/syncs/",
        f"/syncs/{sync}/",
        f"/syncs/{uuid.uuid4()}/",
        f"/albums/{album}/",
        f"/albums/{uuid.uuid4()}/",
        "/api/status",
        "/api/events",
        "/api/events?after=x",
        "/healthz",
        "/readyz",
        "/accounts/login/",
        "/admin/",
        "/nowhere/",
    ]
    for path in paths:
        answer = browser.get(path, headers=HTML)
        assert answer.status_code < 500, path
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy, path
        for directive in ("default-src 'self'", "object-src 'none'", "base-uri 'none'"):
            assert directive in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert answer["X-Content-Type-Options"] == "nosniff", path
        assert answer["X-Frame-Options"] == "DENY", path
        assert answer["Referrer-Policy"] == "same-origin", path
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", path


def test_a_page_holds_no_script_or_style_of_its_own() -> None:
    page = client("admin").get("/", headers=HTML).content.decode()
    assert re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=.application/json)", page) is None
    assert re.search(r"\s(style|on[a-z]+)=", page) is None


def test_live_pages_are_never_taken_from_a_cache() -> None:
    browser = client("admin")
    for path in ("/", "/syncs/"):
        assert "no-store" in browser.get(path, headers=HTML)["Cache-Control"]


def test_an_unknown_host_is_refused() -> None:
    assert Client().get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_djangos_own_checks_for_deployment_find_nothing(database: str) -> None:
    """Two of them are silenced, and these two alone; settings.py says why."""
    environment = {
        "DATABASE_URL": database,
        "HTTPS": "1",
        "ALLOWED_HOSTS": "albums.example.org",
        "CSRF_TRUSTED_ORIGINS": "https://albums.example.org",
        "SECRET_KEY": "x7" + uuid.uuid4().hex * 2 + "Q!",
    }
    done = manage(environment, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues (2 silenced)" in done.stdout
