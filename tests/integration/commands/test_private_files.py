"""Who else on the machine may read what is written: nobody."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.commands import Environment, with_settings
from tests.demo import ROOT

USUAL = 0o022  # the umask of most accounts


@pytest.fixture
def place(tmp_path: Path) -> Path:
    if connection.vendor != "sqlite":
        pytest.skip("the database is no file")
    return tmp_path / "new" / "groovelog.sqlite3"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def migrate(environment: Environment, place: Path) -> None:
    command = [sys.executable, "manage.py", "migrate"]
    wanted = with_settings(environment | {"DATABASE_URL": f"sqlite:///{place}"})
    subprocess.run(command, cwd=ROOT, env=wanted, umask=USUAL, check=True, capture_output=True)


def test_a_new_database_is_its_owners_alone(environment: Environment, place: Path) -> None:
    migrate(environment, place)
    assert (mode(place.parent), mode(place)) == (0o700, 0o600)


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o600), (0o664, 0o660), (0o660, 0o660)])
def test_one_that_others_could_read_is_closed_to_them(
    environment: Environment, place: Path, before: int, after: int
) -> None:
    """To its group, too, unless that may more than they."""
    migrate(environment, place)
    place.chmod(before)
    migrate(environment, place)
    assert mode(place) == after
