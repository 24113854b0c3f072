"""`LOG_FORMAT=json`: every line of every process is one object, with operation and position."""

import json
from typing import Any
from urllib.parse import quote

from syncengine import log
from syncengine.schemas import ALBUM_KINDS
from tests.browser import sheets
from tests.demo import Demo
from tests.faults.outages import ask
from tests.integration.operating.conftest import Parts
from tests.process import Process
from tests.scrapes import TOKEN
from tests.sheets import LINKED, UNKNOWN
from tests.syncing import current_operation, ends, eventually

KEYS = {"time", "level", "logger", "message", "operation", "position"}
BY_THE_WEB = ("requested", "cancel-requested", "cancelled")
HOSTILE = 'x\r\n{"level": "CRITICAL", "message": "forged"}\x1b[31m\u202e'


def lines(process: Process) -> list[dict[str, Any]]:
    return [json.loads(line) for line in process.output.splitlines()]


def test_every_step_but_the_albums_is_a_line_and_every_line_says_what_it_is_about(
    parts: Parts, demo: Demo
) -> None:
    demo.sheet(*LINKED, UNKNOWN)
    web = parts.web(LOG_FORMAT="json")
    worker = parts.worker(LOG_FORMAT="json")
    web.post("/syncs/", "admin")
    eventually(ends)
    operation = current_operation()["id"]
    ask(web, f"/syncs/{operation}/", "auditor")
    ask(web, f"/albums/{quote(HOSTILE)}/", "auditor")
    assert ask(web, f"/syncs/{operation}/retry/", "viewer", {}).status == 403
    steps = [event for event in log.events_after(0) if event.kind not in ALBUM_KINDS]
    assert [step.kind for step in steps][-1] == "completed"
    eventually(lambda: len(told_of(web) + told_of(worker)) == len(steps))
    web.stop()
    worker.stop()

    for process in (web, worker):
        for line in lines(process):
            assert line.keys() - {"traceback"} == KEYS, line
            assert all(isinstance(line[key], str) for key in ("time", "level", "logger"))
            assert line["message"].isprintable() and line["level"] != "CRITICAL"
        assert TOKEN not in process.output
        assert "demo-secret" not in process.output

    assert told_of(web) == [(operation, 1, "event 1: requested")]
    assert told_of(web) + told_of(worker) == [
        (operation, step.position, f"event {step.position}: {step.kind}") for step in steps
    ]
    asked = [line for line in lines(web) if line["logger"] == "groovelog.access"]
    assert {line["operation"] for line in asked if operation in line["message"]} == {operation}
    [refused] = [line for line in lines(web) if line["logger"] == "django.request"][-1:]
    assert refused["operation"] == operation and "retry" in refused["message"]


def told_of(process: Process) -> list[tuple[str, int, str]]:
    return [
        (line["operation"], line["position"], line["message"])
        for line in lines(process)
        if line["logger"] == "groovelog.log"
    ]


def test_whatever_goes_wrong_in_a_sync_is_about_it_and_the_newest_event(
    parts: Parts, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(48))
    demo.behave(latency_ms=800, speed=1)
    worker = parts.worker(LOG_FORMAT="json")
    web = parts.web()
    operation = web.post("/syncs/", "admin")["operation"]["id"]
    eventually(lambda: kinds().count("album-synced"))
    web.post(f"/syncs/{operation}/cancel/", "admin")

    def stopped() -> list[dict[str, Any]]:
        return [line for line in lines(worker) if "somebody else goes on" in line["message"]]

    [line] = eventually(stopped)
    assert line["operation"] == operation
    own = [event for event in log.events_after(0) if event.kind not in BY_THE_WEB]
    assert line["position"] == own[-1].position


def test_serve_says_everything_but_its_greeting_in_that_form(parts: Parts, demo: Demo) -> None:
    demo.sheet(*LINKED)
    server = parts.serve(LOG_FORMAT="json", MAX_SOCKETS="100")  # few: else it may warn first
    server.post("/syncs/", "admin")
    eventually(ends)
    steps = [event.position for event in log.events_after(0) if event.kind not in ALBUM_KINDS]
    eventually(lambda: server.output.count('"groovelog.log"') == len(steps))
    server.stop()
    said = server.output.splitlines()
    greeting = [line for line in said if not line.startswith("{")]
    assert said[: len(greeting)] == greeting and server.origin in " ".join(greeting)
    told = [json.loads(line) for line in said[len(greeting) :]]
    assert all(line.keys() - {"traceback"} == KEYS for line in told)
    assert [one["position"] for one in told if one["logger"] == "groovelog.log"] == steps


def kinds() -> list[str]:
    return [event.kind for event in log.events_after(0)]
