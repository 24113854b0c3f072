"""Two web processes and two workers on PostgreSQL and Redis, behind nginx, behave as one."""

import asyncio
import gzip
import http.client
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from websockets.exceptions import InvalidStatus

from syncengine import log
from tests.accounts import PASSWORD, account
from tests.browser import sheets
from tests.cluster.cluster import Cluster, Web
from tests.commands import with_settings
from tests.demo import ROOT, Demo
from tests.faults import invariants
from tests.faults.crowd import Page, Visit
from tests.faults.outages import ask
from tests.integration.machines.asking import get, sign_in
from tests.server import unhealthy
from tests.sockets import Socket
from tests.syncing import current_operation, ends, events, eventually, nothing_differs

MOST_S = 60.0  # for what is bound to happen, on a busy machine
ALBUMS = 20
MANY_ALBUMS = 90  # at `SLOWLY_MS`, eight at a time, twice as long as a rolling restart takes
SLOWLY_MS = 5000
READERS = 6
MANY_TRIES = 60
MANY_QUESTIONS = 150


def web_processes(cluster: Cluster, request: str) -> set[str]:
    """Who has answered requests that begin so."""
    return {webs.rpartition(" ")[2] for _, webs in cluster.nginx.answered(request)}


def everybody(cluster: Cluster) -> set[str]:
    return {f"127.0.0.1:{web.port}" for web in cluster.webs}


def test_every_browser_sees_every_event_of_one_sync_wherever_it_is(
    cluster: Cluster, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(ALBUMS))
    demo.behave(latency_ms=100)
    nginx = cluster.nginx
    nginx.login("admin")
    sockets = [Socket(nginx, name) for name in ("viewer", "auditor", "admin", "auditor")]
    for socket in sockets:
        socket.next("snapshot")
    with ThreadPoolExecutor(len(sockets)) as pool:
        answers = list(
            pool.map(lambda socket: ask(nginx, "/syncs/", "admin", {}, "json").status, sockets)
        )
    assert sorted(answers) == [202, 409, 409, 409]
    assert web_processes(cluster, "POST /syncs/") == everybody(cluster)

    for socket in sockets:
        while not ((operation := socket.view.status["operation"]) and operation["finished_at"]):
            socket.frame()
        socket.close()
    stored = list(log.events_between(0, log.head().position))
    for socket in sockets:
        first = socket.view.events[0].position
        assert socket.view.events == [event for event in stored if event.position >= first]
    assert current_operation()["message"] == f"Sync complete! Updated {ALBUMS} albums"
    eventually(lambda: web_processes(cluster, "GET /ws/sync/") == everybody(cluster))
    assert {status for status, _ in cluster.nginx.answered("GET /ws/sync/")} == {"101"}


def test_everybody_is_told_of_everybody_who_watches_anywhere(cluster: Cluster) -> None:
    names = ["viewer", "auditor", "admin"]
    for name in names:
        cluster.nginx.login(name)  # else each takes its turn in the same process
    before = len(cluster.nginx.answered("GET /ws/sync/"))
    sockets = [Socket(cluster.nginx, name) for name in names]
    for socket in sockets:
        while sorted(socket.next("watchers")["names"]) != sorted(names):
            pass
    for socket in sockets[1:]:
        socket.close()
    while sockets[0].next("watchers")["names"] != names[:1]:
        pass
    sockets[0].close()

    def webs() -> list[str]:
        return [web for _, web in cluster.nginx.answered("GET /ws/sync/")[before:]]

    eventually(lambda: len(webs()) == len(names))
    assert set(webs()) == everybody(cluster), "they were all in one process"


def test_a_rolling_restart_during_a_sync_loses_nothing(cluster: Cluster, demo: Demo) -> None:
    demo.sheet(*sheets.rows(MANY_ALBUMS))
    demo.behave(latency_ms=SLOWLY_MS)
    pages = [Page(cluster.nginx) for _ in range(READERS)]
    visits = asyncio.run(watched(cluster, demo, pages))

    assert ends() == ["completed"]
    assert [page.view.snapshots for page in pages] == [1] * READERS, "somebody began afresh"
    assert all(visit.refusals for visit in visits), "somebody was not cut off at all"
    stored = list(log.events_between(0, log.head().position))
    for page in pages:
        assert page.view.events == stored[-len(page.view.events) :]
        assert page.view.events[0].kind == "requested"
    albums = Counter(event.data["album"] for event in events("album-synced"))
    assert len(albums) == MANY_ALBUMS and set(albums.values()) == {1}
    assert {event.data["reason"] for event in events("resumed")} == {"handed-over"}
    invariants.positions_have_no_gap(stored)
    invariants.every_run_has_exactly_one_end(stored)
    invariants.one_run_at_a_time(stored)
    nothing_differs()


async def watched(cluster: Cluster, demo: Demo, pages: list[Page]) -> list[Visit]:
    """Let everything be replaced while these pages watch a sync, and somebody reads other pages."""
    nginx = cluster.nginx
    headers = nginx.login("auditor")
    visits = [Visit(page, headers, nginx.origin) for page in pages]
    async with asyncio.TaskGroup() as tasks:
        reading = [tasks.create_task(visit.read()) for visit in visits]
        await until(lambda: all(page.view.status for page in pages))
        answer = await asyncio.to_thread(ask, nginx, "/syncs/", "admin", {"mode": "refresh"})
        assert answer.status == 200, answer
        await until(lambda: all(page.done for page in pages))

        rolling = tasks.create_task(asyncio.to_thread(lambda: list(cluster.roll())))
        statuses: Counter[int] = Counter()
        while not rolling.done():
            answer = await asyncio.to_thread(ask, nginx, "/api/status", "auditor")
            statuses[answer.status] += 1
        assert set(statuses) == {200}, statuses
        assert not any(page.has_ended for page in pages), "there was no sync to interrupt any more"

        demo.behave(latency_ms=0)
        await until(lambda: all(page.has_ended for page in pages))
        for task in reading:
            task.cancel()
    return visits


async def until(condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(eventually, condition, MOST_S)


def test_the_health_check_tells_a_process_that_works_from_one_that_does_not(
    cluster: Cluster,
) -> None:
    for process in cluster.processes:
        what = ("web", process.port) if isinstance(process, Web) else ("worker", process.pid)
        assert healthy(cluster, *what, "--wait", 5) == 0
    assert healthy(cluster, "worker") == 0
    assert healthy(cluster, "worker", 1) == 1
    assert healthy(cluster, "web", cluster.nginx.http_port) == 1, (
        "it answers, but is no web process"
    )


def healthy(cluster: Cluster, *arguments: object) -> int:
    """The exit code of `deploy/healthy.py`."""
    command = [sys.executable, "deploy/healthy.py", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=with_settings(cluster.environment), stderr=subprocess.DEVNULL
    ).returncode


def test_static_files_come_compressed_and_may_be_kept_for_ever(cluster: Cluster) -> None:
    page = ask(cluster.nginx, "/accounts/login/").body
    found = re.findall(r'"(/static/[^"]+\.(?:css|js|svg))"', page)
    assert len({path.rpartition(".")[2] for path in found}) > 1
    for path in found:
        answer = get(cluster, path, {"Accept-Encoding": "gzip"})
        headers = answer.headers
        assert answer.status == 200
        assert headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in headers["Vary"]
        assert "immutable" in headers["Cache-Control"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert gzip.decompress(answer.body) == get(cluster, path).body


def test_a_file_of_a_new_release_is_found_while_only_one_web_process_has_it(
    cluster: Cluster,
) -> None:
    name = f"css/new.{'0' * 12}.css"
    file = Path(settings.STATIC_ROOT) / name
    try:
        file.write_text("/* of a new release */")
        cluster.webs[0].restart()
        path = f"{settings.STATIC_URL}{name}"
        assert [get(cluster, path).status for _ in range(6)] == [200] * 6
        tried = [webs for _, webs in cluster.nginx.answered(f"GET {path}")]
        assert any("," in webs for webs in tried), "the other one was never asked"
    finally:
        file.unlink()


def test_everything_is_by_https_as_the_readme_has_it(cluster: Cluster) -> None:
    nginx = cluster.nginx
    plain = http.client.HTTPConnection("127.0.0.1", nginx.http_port, timeout=MOST_S)
    with closing(plain):
        plain.request("GET", "/syncs/?before=3")
        answer = plain.getresponse()
        moved = (answer.status, answer.getheader("Location"))
    assert moved == (301, "https://127.0.0.1/syncs/?before=3")

    # The client's own word does not count.
    page = get(cluster, "/accounts/login/", {"X-Forwarded-Proto": "http"})
    assert page.status == 200
    assert page.headers["Strict-Transport-Security"]
    assert "; Secure" in page.headers["Set-Cookie"]

    assert get(cluster, "/accounts/login/", {"Host": "elsewhere.example"}).status == 400
    foreign = {"Origin": "https://elsewhere.example"} | nginx.login("admin")
    assert get(cluster, "/syncs/", foreign, b"").status == 403
    with pytest.raises(InvalidStatus) as refused:
        Socket(nginx, "admin", origin="https://elsewhere.example")
    assert refused.value.response.status_code == 403
    assert get(cluster, "/metrics", nginx.login("admin")).status == 404


def test_who_asks_all_the_time_whether_a_process_is_ready_holds_no_health_check_up(
    cluster: Cluster,
) -> None:
    with ThreadPoolExecutor(30) as threads:
        asked = list(threads.map(lambda _: get(cluster, "/readyz").status, range(MANY_QUESTIONS)))
    assert set(asked) == {200, 429}
    assert unhealthy(cluster.webs[0]) == ""
    eventually(lambda: get(cluster, "/readyz").status == 200)  # as the page of an outage asks


def test_nobody_gets_round_the_throttle_by_naming_other_addresses(cluster: Cluster) -> None:
    account("viewer", "careless")

    def signs_in(source: str, password: str, **headers: str) -> int:
        """The status that somebody at this address gets, whatever the headers say."""
        return sign_in(cluster, source, "careless", password, headers)

    for number in range(settings.AXES_FAILURE_LIMIT):
        forged = f"203.0.113.{number}"
        signs_in("127.0.0.1", "wrong", **{"X-Forwarded-For": forged, "X-Real-IP": forged})
    locked_out = {"X-Forwarded-For": "203.0.113.99", "Forwarded": "for=203.0.113.99"}
    assert signs_in("127.0.0.1", PASSWORD, **locked_out) == 429
    assert signs_in("127.0.0.2", PASSWORD) == 302, "somebody else is locked out, too"
    addresses = set(AccessAttempt.objects.values_list("ip_address", flat=True))
    assert addresses == {"127.0.0.1"}


def test_an_address_that_signs_in_all_the_time_keeps_nobody_else_from_it(cluster: Cluster) -> None:
    account("viewer", "patient")

    def tries(number: int) -> int:
        return sign_in(cluster, "127.0.0.9", f"nobody{number}", "wrong", {})

    with ThreadPoolExecutor(MANY_TRIES) as pool:
        trying = [pool.submit(tries, number) for number in range(MANY_TRIES)]
        eventually(lambda: any(one.done() and one.result() == 429 for one in trying))
        assert sign_in(cluster, "127.0.0.10", "patient", PASSWORD, {}) == 302
        assert get(cluster, "/accounts/login/").status == 200
    statuses = Counter(one.result() for one in trying)
    assert statuses[429] > MANY_TRIES / 2, statuses
