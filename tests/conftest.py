"""Fixtures: a database of one's own for each test, and servers that play Google and Spotify."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.databases import Databases, make_databases
from tests.demo import Demo, start_demo
from tests.syncing import sync_now

NEMESIS_LIMIT_S = 600.0  # beside what its option asks for

# Nothing here may depend on how fast the machine is at the moment.
hypothesis_settings.register_profile(
    "groovelog",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.register_profile(
    "all-faults", hypothesis_settings.get_profile("groovelog"), max_examples=1000
)
hypothesis_settings.load_profile("groovelog")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-faults", action="store_true", help="the tests marked `long`, too")
    parser.addoption("--nemesis", type=seconds, help="how long random faults go on: 30m, 90s")
    parser.addoption("--seed", type=int, help="which random faults; one that was printed")


def seconds(text: str) -> float:
    """The seconds in `90s`, `3m` or `1h`."""
    return float(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1:]]


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("all_faults"):
        hypothesis_settings.load_profile("all-faults")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `--all-faults`, skip what is long by name, and do not repeat on the servers what is
    to be done once. On the servers, run what has a database at all."""
    if not config.getoption("all_faults"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="long: run it by --all-faults"))
    for item in items:
        if item.get_closest_marker("nemesis"):
            item.add_marker(
                pytest.mark.timeout((config.getoption("nemesis") or 0) + NEMESIS_LIMIT_S)
            )
    if config.getoption("backends") == "servers":
        kept = [
            item
            for item in items
            if "databases" in getattr(item, "fixturenames", ())
            and (config.getoption("all_faults") or not item.get_closest_marker("once"))
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.fixture(scope="session")
def databases(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: pytest.FixtureRequest
) -> Iterator[Databases]:
    with django_db_blocker.unblock(), make_databases(tmp_path_factory.mktemp("databases")) as made:
        yield made


@pytest.fixture
def database(databases: Databases, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh, migrated database, with real commits; yields its URL for other processes.

    The log cannot be emptied, so each test gets a copy of an empty one instead.
    """
    with django_db_blocker.unblock(), databases.fresh() as url:
        yield url
        connections.close_all()


@pytest.fixture(autouse=True)
def own_checkpoint_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(django_settings, "CHECKPOINT_FILE", str(tmp_path / "checkpoints.jsonl"))


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with start_demo("--speed", "0") as demo:
        yield demo


@pytest.fixture
def demo(demo_server: Demo, settings: LazySettings) -> Demo:
    """Google and Spotify, well behaved and without latency, and the settings that lead there."""
    demo_server.reset()
    for name, value in demo_server.environment().items():
        setattr(settings, name, [value] if name == "SPOTIFY_IMAGE_ORIGINS" else value)
    return demo_server


@pytest.fixture
def sync(database: str, demo: Demo) -> Callable[..., dict[str, object]]:
    """Run one sync to its end (or until it is parked) in this process; see `sync_now`."""
    return sync_now
