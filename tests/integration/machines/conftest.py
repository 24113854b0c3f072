"""One cluster for the tests of a file, which begins with an empty database."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections

from tests.accounts import account
from tests.cluster import nginx
from tests.cluster.cluster import Cluster, running
from tests.databases import Databases
from tests.demo import Demo

REDIS_DATABASE = 15  # nobody else's


@pytest.fixture(scope="module")
def cluster(
    databases: Databases,
    demo_server: Demo,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: Any,
) -> Iterator[Cluster]:
    """Its database is Django's in this process, too; there is an account for each role."""
    if connection.vendor != "postgresql":
        pytest.skip("many machines need PostgreSQL and Redis: --backends=servers")
    if nginx.program() is None:
        pytest.skip(f"nginx is missing: {nginx.INSTALL}")
    environment = demo_server.environment()
    environment["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{REDIS_DATABASE}"
    with (
        django_db_blocker.unblock(),
        databases.empty() as environment["DATABASE_URL"],
        running(tmp_path_factory.mktemp("cluster"), environment) as made,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("SSL_CERT_FILE", str(made.nginx.certificate))  # what clients trust
        for role in ("viewer", "auditor", "admin"):
            account(role)
        yield made
        connections.close_all()
        for process in [made.nginx, *made.processes]:
            print(process.output)  # pytest shows it where a test fails
