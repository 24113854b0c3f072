"""Who may read `/metrics`: programs with the token, and admins; an address proves nothing."""

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection, connections
from django.test import Client

from tests.accounts import client
from tests.backends import free_port
from tests.integration.operating.conftest import Parts
from tests.scrapes import TOKEN, WITH_TOKEN, Scrape, scraped
from tests.syncing import eventually


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.fixture(autouse=True)
def with_a_token(settings: LazySettings) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def closed(database: str) -> Iterator[None]:
    yield
    connections.close_all()


@pytest.mark.parametrize(
    ("role", "status"), [("nobody", 401), ("viewer", 403), ("auditor", 403), ("admin", 200)]
)
def test_of_people_only_admins_may(role: str, status: int) -> None:
    answer = client(role).get("/metrics", REMOTE_ADDR="127.0.0.1")
    assert answer.status_code == status
    assert ("groovelog_" in answer.content.decode()) == (status == 200)
    if status != 200:
        assert answer.json()["error"].keys() == {"code", "message", "remedy"}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer ü"]
)
def test_a_wrong_token_opens_nothing(header: str) -> None:
    answer = Client(headers={"Authorization": header}).get("/metrics")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_the_token_opens_it_and_is_not_kept_by_anybody_between() -> None:
    answer = Client(headers=WITH_TOKEN).get("/metrics")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert Client(headers=WITH_TOKEN).post("/metrics").status_code == 405
    assert Client().get("/metrics", {"token": TOKEN}).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer "])
def test_without_a_token_in_the_settings_none_is_right(settings: LazySettings, header: str) -> None:
    settings.METRICS_TOKEN = ""
    assert Client(headers={"Authorization": header}).get("/metrics").status_code == 401


@contextmanager
def database_gone() -> Iterator[None]:
    def refuse(*args: Any) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        yield


def test_without_the_database_the_token_still_opens_it_and_it_says_so() -> None:
    browser = Client(headers=WITH_TOKEN)
    with database_gone():
        answer = browser.get("/metrics")
    assert answer.status_code == 200
    scrape = Scrape(answer.content.decode())
    assert scrape["groovelog_database_up"] == 0
    assert "groovelog_events_appended_total" in scrape.kinds
    assert "groovelog_log_head" not in scrape.kinds
    again = Scrape(browser.get("/metrics").content.decode())
    assert (again["groovelog_database_up"], again["groovelog_log_head"]) == (1, 0)


def test_the_port_of_a_worker_wants_the_token_too(parts: Parts) -> None:
    port = free_port()
    worker = parts.worker(METRICS_PORT=str(port))
    origin = f"http://127.0.0.1:{port}"
    assert eventually(lambda: is_served(origin))
    for wrong in ("", "Bearer wrong-but-long-enough", "Bearer \xff\xfe"):
        headers = {"Authorization": wrong} if wrong else {}
        with pytest.raises(urllib.error.HTTPError) as refused:
            scraped(origin, headers)
        assert refused.value.code == 401
        refused.value.close()
    assert TOKEN not in worker.output and "Traceback" not in worker.output


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_the_own_address_of_a_machine_may_be_one_of_ipv6(parts: Parts, host: str) -> None:
    port = free_port()
    parts.worker(METRICS_HOST=host, METRICS_PORT=str(port), METRICS_TOKEN="")
    assert eventually(lambda: is_served(f"http://[::1]:{port}"))


def is_served(origin: str) -> bool:
    try:
        return bool(scraped(origin).text)
    except urllib.error.URLError:
        return False
