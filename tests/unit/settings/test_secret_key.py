"""The secret key that is made up on SQLite: one for all processes, readable by its owner only."""

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from project.secret_key import LEAST_CHARS, kept_secret_key
from tests.concurrency import at_once


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    key = kept_secret_key(path)
    assert len(key) >= LEAST_CHARS
    assert kept_secret_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_another_installation_has_another(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert kept_secret_key(tmp_path / "secret_key") != kept_secret_key(tmp_path / "a/secret_key")


def test_those_who_find_none_at_the_same_time_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from project import secret_key

    numbers = iter(range(100))
    monkeypatch.setattr(secret_key.os, "getpid", lambda: next(numbers))  # as in processes
    path = tmp_path / "secret_key"
    keys = at_once(*[lambda: kept_secret_key(path)] * 8)
    assert len(set(keys)) == 1 and isinstance(keys[0], str)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff" * 60])
def test_a_file_that_holds_none_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret_key"
    path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="Set SECRET_KEY to") as error:
        kept_secret_key(path)
    assert str(path) in str(error.value)
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_used_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "secret_key").mkdir()
    for path in (tmp_path / "secret_key", tmp_path / "no such folder" / "secret_key"):
        with pytest.raises(ImproperlyConfigured, match="Set SECRET_KEY to"):
            kept_secret_key(path)
