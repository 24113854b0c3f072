"""What `/metrics` tells of real processes after a real sync, held against the table in the README
and against the log."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from django.db import connections
from django.test.utils import CaptureQueriesContext

from albums.sources.http import CUT_OFF, TransportError, Unreadable
from syncengine import log
from syncengine.figures import Figures
from syncengine.metrics import OTHER_STATUS
from tests import lives
from tests.backends import free_port
from tests.databases import Databases
from tests.demo import ROOT, Demo
from tests.integration.operating.conftest import Parts
from tests.scrapes import Scrape, scraped
from tests.sheets import LINKED, UNKNOWN
from tests.sockets import Socket
from tests.syncing import ends, eventually

BUDGET = 1000
MAX_QUERIES = 8
UNITS = ("seconds", "bytes", "calls")  # which Prometheus wants to stand in the name
TAKE_OVER_S = 10


@dataclass
class Told:
    """A row of the README's table: `labels` with the values that it names."""

    kind: str
    unit: str
    labels: dict[str, set[str]]
    origin: str


def table() -> dict[str, Told]:
    """By name."""
    readme = Path(ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Metrics and logs\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert all(kind and unit and meaning for _, kind, unit, _, _, meaning in rows)
    return {
        name.strip("`"): Told(kind, unit, labels_told(labels), origin)
        for name, kind, unit, labels, origin, _ in rows
    }


def labels_told(text: str) -> dict[str, set[str]]:
    parts = [part.partition(":") for part in text.split(";") if part]
    return {label.strip(" `"): set(re.findall(r"`([^`]+)`", values)) for label, _, values in parts}


def follow_a_sync(parts: Parts, demo: Demo) -> tuple[Scrape, int]:
    """Serve, watch a sync from its request to its end, and scrape while the socket is open."""
    demo.sheet(*LINKED, UNKNOWN)
    server = parts.serve(SPOTIFY_DAILY_BUDGET=str(BUDGET))
    with Socket(server, "auditor") as socket:
        socket.next("snapshot")
        server.post("/syncs/", "admin")
        eventually(ends)
        end = log.head().position
        socket.follow_to(end)
        connections.close_all()
        return scraped(server.origin), end


def test_every_name_type_and_label_is_in_the_table_and_all_of_the_table_is_there(
    parts: Parts, demo: Demo
) -> None:
    scrape, _ = follow_a_sync(parts, demo)
    told = table()
    assert scrape.kinds == {name: row.kind for name, row in told.items()}
    assert {name: scrape.labels(name) for name in told} == {
        name: row.labels.keys() for name, row in told.items()
    }
    for name, row in told.items():
        for unit in UNITS:
            assert (f"_{unit}" in name) == row.unit.startswith(unit), (name, row.unit)
        for label in row.labels.keys() & {"state", "end", "service"}:
            shown = {sample.labels[label] for sample in scrape.samples[name]}
            assert shown == row.labels[label]


def test_every_way_that_a_call_may_end_is_in_the_table() -> None:
    told = table()["groovelog_upstream_calls_total"].labels["status"]
    ways = {error.outcome for error in TransportError.__subclasses__() if error is not Unreadable}
    assert told == ways | {OTHER_STATUS, CUT_OFF}


def test_the_figures_are_those_of_the_sync(parts: Parts, demo: Demo) -> None:
    scrape, end = follow_a_sync(parts, demo)
    events = Counter(event.kind for event in log.events_after(0))
    assert scrape["groovelog_log_head"] == end == sum(events.values())
    assert scrape.by("groovelog_events_appended_total", "kind") == events
    assert 0 < scrape["groovelog_append_seconds_count"] <= end
    assert scrape["groovelog_append_seconds_sum"] > 0
    assert scrape["groovelog_fanout_seconds_count"] == end
    assert scrape["groovelog_sockets"] == 1
    assert scrape.by("groovelog_operations_ended_total", "end") == {"warnings": 1}
    assert scrape.by("groovelog_operations_unfinished", "state") == {}
    calls = {
        (sample.labels["service"], sample.labels["status"]): sample.value
        for sample in scrape.samples["groovelog_upstream_calls_total"]
    }
    assert calls["google", "200"] == calls["spotify-accounts", "200"] == 1
    assert calls["spotify", "200"] >= len(LINKED)
    assert 0 < BUDGET - scrape["groovelog_spotify_budget_left_calls"] <= BUDGET / 10
    assert scrape["groovelog_database_up"] == scrape["groovelog_log_sound"] == 1
    assert scrape["groovelog_last_synced_timestamp_seconds"] > 0
    assert scrape["groovelog_worker_silence_seconds"] < 6
    for name in ("admin", "auditor", "Blue", "Mitchell", "Such"):
        assert name not in scrape.text


def test_a_worker_on_its_own_shows_what_it_counts(parts: Parts, demo: Demo) -> None:
    demo.sheet(*LINKED)
    web = parts.web()
    port = str(free_port())
    worker = parts.worker(METRICS_PORT=port)
    rival = parts.worker(METRICS_PORT=port)
    assert "no metrics at METRICS_PORT" in eventually(lambda: rival.output.partition("ERROR")[2])
    rival.stop()  # it had worked on, but the sync is to be counted by the other one
    web.post("/syncs/", "admin")
    eventually(ends)
    scrape = scraped(f"http://127.0.0.1:{port}")
    assert scrape.value("groovelog_upstream_calls_total", service="google", status="200") == 1
    assert scrape.by("groovelog_events_appended_total", "kind")["album-synced"] == len(LINKED)
    assert scrape.value("groovelog_upstream_allowed_calls", service="spotify") > 0
    own = {name: row.kind for name, row in table().items() if row.origin == "process"}
    assert scrape.kinds == own
    seen = scraped(web.origin)
    assert seen.by("groovelog_operations_ended_total", "end") == {"completed": 1}
    assert seen.by("groovelog_events_appended_total", "kind") == {"requested": 1}
    assert worker.is_running


def test_the_age_of_a_lease_grows_once_its_owner_stands_still(parts: Parts, demo: Demo) -> None:
    demo.sheet(*LINKED)
    demo.behave(latency_ms=20_000)
    web, worker = parts.web(), parts.worker()

    def is_running() -> bool:
        return "running" in scraped(web.origin).by("groovelog_operations_unfinished", "state")

    def age_s() -> float:
        return scraped(web.origin)["groovelog_lease_age_seconds"]

    assert age_s() == 0
    web.post("/syncs/", "admin")
    eventually(is_running)
    worker.pause()
    eventually(lambda: age_s() > TAKE_OVER_S, patience_s=60)
    worker.wake()
    eventually(lambda: age_s() < TAKE_OVER_S)


def test_a_scrape_asks_little_and_nothing_of_the_events(database: str) -> None:
    figures = Figures()
    with CaptureQueriesContext(connections["default"]) as queries:
        assert list(figures.collect())
    assert len(queries) <= MAX_QUERIES
    assert not [query for query in queries if "syncengine_syncevent" in query["sql"]]
    connections.close_all()


def test_ends_are_counted_once_and_anew_where_the_log_was_set_back(
    databases: Databases, database: str
) -> None:
    figures = Figures()
    lives.sync("2026-11-03 14:02")
    connections.close_all()
    with databases.fresh(like=database):  # what a backup would have
        lives.sync("2026-11-03 15:02")
        lives.sync("2026-11-03 16:02", lives.failed(None))
        assert ended(figures) == {"completed": 2, "warnings": 1}
        assert ended(figures) == {"completed": 2, "warnings": 1}
        connections.close_all()
    assert ended(figures) == {"completed": 1}
    lives.sync("2026-11-03 17:02", end="")
    assert ended(figures) == {"completed": 1}
    connections.close_all()


def ended(figures: Figures) -> dict[str, float]:
    families = {family.name: family for family in figures.collect()}
    samples = families["groovelog_operations_ended"].samples
    return {sample.labels["end"]: sample.value for sample in samples if sample.value}
