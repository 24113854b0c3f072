"""What browsers are told, and what a stranger's page cannot make them do."""

import re
import uuid
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connections

from syncengine import operations
from tests.accounts import account, client
from tests.commands import manage
from tests.integration.http.answers import HTML, JSON
from tests.routes import addresses
from tests.syncing import current_operation


@pytest.fixture(autouse=True)
def own_database(database: str) -> Iterator[None]:
    yield
    connections.close_all()


def test_a_form_of_a_strangers_page_does_nothing() -> None:
    """Whatever address it is sent to, with the cookies of whoever may do everything."""
    operation = operations.start("ann", "button")
    user = account("viewer")
    parts = {"album_id": uuid.uuid4(), "operation_id": operation["id"], "content_type_id": 1}
    browser = client("superuser", csrf=True)
    users = list(User.objects.values())
    for path in addresses(**parts, object_id=user.pk, id=user.pk):
        for headers in (HTML, JSON, HTML | {"X-CSRFToken": "t" * 32}):
            answer = browser.post(path, {"post": "yes", "mode": "full"}, headers=headers)
            assert answer.status_code == 403, path
    assert current_operation() == operation
    assert list(User.objects.values()) == users
    assert browser.get("/api/status").status_code == 200, "signed out"


def test_the_pages_own_form_carries_what_is_asked_for() -> None:
    browser = client("admin", csrf=True)
    page = browser.get("/", headers=HTML).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    answer = browser.post("/syncs/", {"csrfmiddlewaretoken": token[1]}, headers=HTML)
    assert answer.status_code == 303


def test_a_page_holds_no_script_or_style_of_its_own() -> None:
    page = client("admin").get("/", headers=HTML).content.decode()
    assert re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=.application/json)", page) is None
    assert re.search(r"\s(style|on[a-z]+)=", page) is None


def test_live_pages_are_never_taken_from_a_cache() -> None:
    browser = client("admin")
    for path in ("/", "/syncs/"):
        assert "no-store" in browser.get(path, headers=HTML)["Cache-Control"]


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
