"""Signing in: by no guessing, to no stranger's page, with cookies that stay where they belong."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from syncengine.models import Session
from tests.accounts import PASSWORD, account
from tests.integration.http.answers import HTML, JSON, error

FORMS = ("/accounts/login/", "/admin/login/")
RIGHT = {"username": "viewer", "password": PASSWORD}
WRONG = RIGHT | {"password": "wrong"}
TRIES = 10
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "\\\\evil.example/",
    "/\\evil.example/",
    "http:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "\x00//evil.example",
    " //evil.example",
    "\t//evil.example",
    "//evil.example\\@testserver/",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "ftp://testserver/",
)

NAMES = ("x" * 5000, "ä" * 300, "a\x00b", "\x1b[31m\r\nforged", "", "%s{0}", "𝕏" * 200)
COOKIES = (
    '"aaaaaaaaaaaa\\000b"',
    '"\\377\\376aaaaaaaaaa"',
    "a" * 5000,
    "'; DROP TABLE x; --",
    "%00" * 20,
)


@pytest.fixture(autouse=True)
def own_database(database: str) -> Iterator[None]:
    account("viewer")
    yield
    connections.close_all()


def sign_in(form: dict[str, str] = RIGHT, path: str = FORMS[0], **options: Any) -> Any:
    return Client().post(path, form, **options)


def test_it_leads_to_no_other_site() -> None:
    User.objects.filter(username="viewer").update(is_staff=True)  # for the other form
    for where, path in itertools.product(ELSEWHERE, FORMS):
        for answer in (
            sign_in(RIGHT | {"next": where}, path),
            Client().post(path, RIGHT, query_params={"next": where}),
        ):
            assert answer.status_code == (302 if "Location" in answer else 400), where
            assert answer.get("Location", "/") == "/", where


def test_it_leads_back_to_where_it_was_asked_for() -> None:
    asked = Client().get("/syncs/?before=3", headers=HTML)
    assert asked["Location"] == "/accounts/login/?next=/syncs/%3Fbefore%3D3"
    answer = Client().post(asked["Location"], RIGHT)
    assert (answer.status_code, answer["Location"]) == (302, "/syncs/?before=3")


@pytest.mark.parametrize("path", FORMS)
def test_guessing_is_stopped_by_name_and_says_so(path: str, settings: LazySettings) -> None:
    assert settings.AXES_FAILURE_LIMIT == TRIES
    account("superuser", "other")
    for number in range(TRIES):
        answer = sign_in(WRONG, FORMS[number % 2])  # one count for both forms
    assert answer.status_code == 429
    refused = sign_in(RIGHT, path)
    assert refused.status_code == 429
    assert "Too many tries" in refused.content.decode()
    assert error(sign_in(RIGHT, path, headers=JSON))["code"] == "too-many-tries"
    ajax = sign_in(RIGHT, path, headers={"X-Requested-With": "XMLHttpRequest"})
    assert ajax.status_code == 429
    assert "Access-Control-Allow-Origin" not in ajax.headers
    assert "sessionid" not in ajax.cookies
    assert sign_in(RIGHT | {"username": "other"}, path).status_code == 302


def test_a_sender_cannot_begin_anew_by_calling_himself_another(settings: LazySettings) -> None:
    for number in range(TRIES):
        sign_in(WRONG, headers={"X-Forwarded-For": f"10.0.0.{number}", "User-Agent": f"{number}"})
    headers = {"X-Forwarded-For": "10.1.1.1", "Forwarded": "for=10.1.1.1", "X-Real-IP": "10.1.1.1"}
    assert sign_in(RIGHT, headers=headers).status_code == 429
    assert sign_in(RIGHT, REMOTE_ADDR="10.2.2.2").status_code == 302  # its owner, from elsewhere


@pytest.mark.parametrize(
    ("addresses", "other"),
    [
        ("2001:db8:1:2::{}", "2001:db8:1:3::1"),
        ("2001:db8:1:2:{}::1", "2001:db8:2:2::1"),
        ("::ffff:203.0.113.5", "::ffff:203.0.113.6"),
    ],
)
def test_who_has_a_network_of_addresses_is_counted_as_one(addresses: str, other: str) -> None:
    for number in range(TRIES):
        sign_in(WRONG, REMOTE_ADDR=addresses.format(number))
    assert sign_in(RIGHT, REMOTE_ADDR=addresses.format("abcd")).status_code == 429
    assert sign_in(RIGHT, REMOTE_ADDR=other).status_code == 302


def test_somebody_signed_in_whom_a_link_leads_to_signing_in_comes_to_the_catalog() -> None:
    visitor = Client()
    visitor.force_login(User.objects.get(username="viewer"))
    answer = visitor.get("/accounts/login/?next=/accounts/login/")
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_who_asks_is_told_nothing_about_accounts() -> None:
    User.objects.create_user("gone", password=PASSWORD, is_active=False)
    tries = [("viewer", "x"), ("nobody", "x"), ("gone", "x"), ("gone", PASSWORD)]
    texts = {
        str(sign_in({"username": name, "password": password}).context["form"].errors)
        for name, password in tries
    }
    assert len(texts) == 1 and texts != {""}


def test_any_name_is_a_wrong_name() -> None:
    headers = {"User-Agent": "u" * 5000, "Accept": "text/html;" + "a" * 5000}
    for name, path in itertools.product(NAMES, FORMS):
        answer = sign_in({"username": name, "password": "p" * 5000}, path, headers=headers)
        assert answer.status_code == 200, name
        assert "sessionid" not in answer.cookies, name
    assert all(len(attempt.username) <= 255 for attempt in AccessAttempt.objects.all())


@pytest.mark.parametrize("https", [False, True])
def test_cookies_stay_where_they_belong(https: bool, settings: LazySettings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = https
    browser = Client()
    browser.get(FORMS[0])
    answer = browser.post(FORMS[0], RIGHT)
    session, token = browser.cookies["sessionid"], browser.cookies["csrftoken"]
    assert answer.status_code == 302
    assert session["httponly"] is True
    for cookie in (session, token):
        assert (cookie["samesite"], cookie["domain"], cookie["path"]) == ("Lax", "", "/")
        assert bool(cookie["secure"]) is https


def test_a_session_that_was_there_before_is_not_taken_over() -> None:
    browser = Client()
    browser.cookies["sessionid"] = planted = "p" * 32
    browser.post(FORMS[0], RIGHT)
    assert browser.cookies["sessionid"].value != planted
    assert not Session.objects.filter(pk=planted).exists()


def test_signing_out_ends_the_session_itself() -> None:
    browser = Client()
    browser.post(FORMS[0], RIGHT)
    key = browser.cookies["sessionid"].value
    browser.post("/accounts/logout/")
    assert not Session.objects.filter(pk=key).exists()
    browser.cookies["sessionid"] = key
    assert browser.get("/api/status").status_code == 401


def test_a_cookie_that_is_no_session_is_none() -> None:
    for cookie in COOKIES:
        answer = Client().get("/api/status", headers={"Cookie": f"sessionid={cookie}"})
        assert answer.status_code == 401, cookie
