"""F17: fifty people double-click Sync Now at the same moment, at two web servers."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import connections
from django.test import Client

from syncengine.models import SyncOperation
from tests.accounts import account
from tests.concurrency import at_once
from tests.faults.world import MOST_S, World
from tests.server import Web
from tests.sheets import LINKED
from tests.syncing import current_operation, ends, events, eventually

PEOPLE = 50
TOKEN = "t" * 32
KINDS = ("application/json", "text/html")  # a program's answer, and a form's


@dataclass
class Click:
    status: int
    location: str | None
    body: str

    @property
    def operation(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["operation"]
        return found


def sessions() -> list[str]:
    """The cookies of so many admins, each signed in."""
    cookies = []
    for number in range(PEOPLE):
        browser = Client()
        user = account("admin", f"admin{number}", password=None)
        browser.force_login(user, "django.contrib.auth.backends.ModelBackend")
        session = browser.cookies["sessionid"].value
        cookies.append(f"sessionid={session}; csrftoken={TOKEN}")
    connections.close_all()
    return cookies


def click(web: Web, cookies: str, kind: str) -> Callable[[], Click]:
    """One click, with a connection that is made beforehand."""
    peer = http.client.HTTPConnection("127.0.0.1", web.port, timeout=MOST_S)
    peer.connect()
    headers = {
        "Accept": kind,
        "Cookie": cookies,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    form = urlencode({"csrfmiddlewaretoken": TOKEN, "button": ""})

    def send() -> Click:
        with closing(peer):
            peer.request("POST", "/syncs/", form, headers)
            answer = peer.getresponse()
            return Click(answer.status, answer.getheader("Location"), answer.read().decode())

    return send


def test_f17_one_sync_begins_and_everybody_is_taken_to_it(world: World) -> None:
    world.demo.sheet(*LINKED)
    webs = [world.web(), world.web()]
    clicks = [
        click(webs[(number + turn) % 2], cookies, KINDS[(number + turn) % 2])
        for number, cookies in enumerate(sessions())
        for turn in range(2)
    ]
    began = time.monotonic()
    answers: list[Click] = at_once(*clicks)
    print(f"F17: {len(answers)} clicks answered in {time.monotonic() - began:.2f} s")

    assert all(isinstance(answer, Click) for answer in answers), answers
    told = [answer for answer in answers if answer.status != 303]
    taken = [answer for answer in answers if answer.status == 303]
    assert len(told) == len(taken) == PEOPLE
    statuses = Counter(answer.status for answer in told)
    assert statuses in ({409: PEOPLE}, {202: 1, 409: PEOPLE - 1})
    assert {answer.operation["id"] for answer in told} == {current_operation()["id"]}
    assert {answer.operation["requested_by"] for answer in told} == {
        current_operation()["requested_by"]
    }
    assert {answer.location for answer in taken} == {"/"}
    assert len(events("requested")) == 1
    assert SyncOperation.objects.count() == 1
    for web in webs:
        assert "Syncing..." in web.page("/", "admin")

    world.worker()  # not before: a sync that has ended would make room for another
    eventually(ends, MOST_S)
    assert ends() == ["completed"]
