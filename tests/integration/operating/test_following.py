"""A web process follows the log from its start on: before its first browser it has read what all
need, and knows what is wrong with the database."""

from pathlib import Path

import pytest

from project import static_files
from tests.benchmarks.houses import SERVERS
from tests.integration.operating.conftest import Parts
from tests.server import Asked
from tests.syncing import eventually
from tests.tampering import drop_triggers


@pytest.mark.parametrize("server", SERVERS)
def test_it_tells_of_a_log_without_protection_though_nobody_watches(
    parts: Parts, tmp_path: Path, server: str
) -> None:
    drop_triggers()
    static_files.collect()
    web = Asked(tmp_path / "web.log", parts.environment, *SERVERS[server], "asgi:application")
    web.start()
    try:
        eventually(lambda: "the database does not protect the log" in web.output)
    finally:
        web.stop()
