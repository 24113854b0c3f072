"""A setting that is wrong names itself, says what to write, and shows no secret."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from project import environment

NAME = "A_SETTING"
SECRET = "hunter2"

Read = Callable[[str], Any]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[[Read, str], Any]:
    def read(reader: Read, value: str) -> Any:
        monkeypatch.setenv(NAME, value)
        return reader(NAME)

    return read


def a_number(name: str) -> int:
    return environment.number(name, 90, least=3)


def a_word(name: str) -> str:
    return environment.one_of(name, ("text", "json"))


def some_hosts(name: str) -> list[str]:
    return environment.hosts(name, default=["localhost"])


def some_origins(name: str) -> list[str]:
    return environment.origins(name, default=[])


def a_database(name: str) -> dict[str, Any]:
    return environment.database(name, "sqlite:////srv/groovelog.sqlite3")


def a_redis(name: str) -> str:
    return environment.address(name, ("redis", "rediss", "unix"))


REFUSED = [
    (environment.flag, "enabled"),
    (environment.flag, "2"),
    (a_number, "abc"),
    (a_number, "2"),
    (a_number, "-5"),
    (a_number, "٣٣"),
    (a_word, "xml"),
    (some_hosts, "*"),
    (some_hosts, "localhost, *"),
    (some_hosts, "*.example.org"),
    (some_hosts, "https://example.org"),
    (some_hosts, "example.org:8000"),
    (some_hosts, "example.org/"),
    (some_hosts, "."),
    (some_origins, "*"),
    (some_origins, "null"),
    (some_origins, "example.org"),
    (some_origins, "https://*"),
    (some_origins, "https://example.org/"),
    (some_origins, "https://example.org 'unsafe-inline'"),
    (some_origins, "https://example.org; script-src *"),
    (some_origins, "file:///"),
    (a_database, "nonsense"),
    (a_database, "sqlite://"),
    (a_database, "sqlite://:memory:"),
    (a_database, f"postgre://ann:{SECRET}@db/groovelog"),
    (a_database, f"//ann:{SECRET}@db/groovelog"),
    (a_database, f"ann:{SECRET}@db/groovelog"),
    (a_database, f"mysql://ann:{SECRET}@db/groovelog"),
    (a_database, f"postgresql://ann:{SECRET}@db"),
    (a_database, f"postgresql://ann:{SECRET}/x@db/groovelog"),
    (a_database, f"postgresql://ann:12/{SECRET}@db/groovelog"),
    (a_redis, "garbage"),
    (a_redis, f"http://:{SECRET}@host"),
    (a_redis, f"redis://:{SECRET}/x@host:6379/0"),
    (a_redis, f"redis://:x/{SECRET}@host:6379/0"),
    (a_redis, "redis://host:99999"),
]


@pytest.mark.parametrize(("reader", "value"), REFUSED)
def test_what_is_refused(read: Callable[..., Any], reader: Read, value: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        read(reader, value)
    assert NAME in str(error.value)
    assert SECRET not in str(error.value)
    assert error.value.__cause__ is None


ACCEPTED = [
    (environment.flag, " Yes ", True),
    (environment.flag, "0", False),
    (environment.flag, "", False),
    (a_number, "3", 3),
    (a_number, "", 90),
    (a_word, "", "text"),
    (a_word, " JSON ", "json"),
    (some_hosts, "", ["localhost"]),
    (some_hosts, " a.example , .example.org,[::1],10.0.0.1 ,", None),
    (some_origins, "", []),
    (some_origins, "https://A.example.org:8443, http://[::1]", None),
    (a_redis, "", ""),
    (a_redis, "redis://:p%2Fw@host:6379/0", "redis://:p%2Fw@host:6379/0"),
    (a_redis, "unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"),
]


@pytest.mark.parametrize(("reader", "value", "wanted"), ACCEPTED)
def test_what_is_accepted(
    read: Callable[..., Any], reader: Read, value: str, wanted: object
) -> None:
    if wanted is None:
        wanted = [part.strip().lower() for part in value.split(",") if part.strip()]
    assert read(reader, value) == wanted


def test_databases_as_django_wants_them(read: Callable[..., Any]) -> None:
    there = read(a_database, f"postgresql://ann:{SECRET}%2F%40%23@db:5433/groovelog")
    assert (there["HOST"], there["PORT"], there["NAME"]) == ("db", 5433, "groovelog")
    assert there["PASSWORD"] == f"{SECRET}/@#"
    here = read(a_database, "sqlite:////home/ann@work/groovelog.sqlite3")
    assert here["NAME"] == "/home/ann@work/groovelog.sqlite3"
    assert read(a_database, "")["NAME"] == "/srv/groovelog.sqlite3"


@pytest.mark.parametrize(
    ("hosts", "origins", "loopback"),
    [
        (["localhost", "127.0.0.1", "[::1]"], [], True),
        (["localhost"], ["http://localhost:8000", "http://[::1]:9"], True),
        (["albums.example"], [], False),
        (["localhost", ".localhost.example"], [], False),
        (["localhost"], ["https://albums.example"], False),
        (["10.0.0.1"], [], False),
    ],
)
def test_what_is_loopback(hosts: list[str], origins: list[str], loopback: bool) -> None:
    assert environment.are_loopback(hosts, origins) is loopback


@pytest.mark.parametrize(
    ("token", "is_hard"),
    [
        ("0123456789abcdef", True),
        ("0123456789abcde", False),
        ("0123456789 abcdef", False),
        ("0123456789abcdeü", False),
        ("0123456789abcdef\n", False),
    ],
)
def test_what_is_hard_to_guess(token: str, is_hard: bool) -> None:
    assert environment.is_hard_to_guess(token) is is_hard


def test_a_line_of_env_that_is_none_is_named_by_its_number_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / ".env"
    path.write_text(f"# ours\n\nREDIS_URL=\nSPOTIFY_CLIENT_SECRET: {SECRET}\n")
    with pytest.raises(ImproperlyConfigured, match=r"Line 4 of .*\.env is no NAME=value") as error:
        environment.read_env_file(path)
    said = f"{error.value}{caplog.text}{capsys.readouterr()}"
    assert SECRET not in said


@pytest.mark.parametrize("content", [b"\xff\xfe=1", None])
def test_an_env_that_cannot_be_read_is_not_passed_over(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / ".env"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        environment.read_env_file(path)


def test_an_env_fills_what_the_environment_leaves_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIVEN", "QUOTED", "EXPORTED"):
        monkeypatch.setenv(name, "before")
        if name != "GIVEN":
            monkeypatch.delenv(name)
    path = tmp_path / ".env"
    path.write_text("GIVEN=after\n  QUOTED='a # b'  \r\nexport EXPORTED=c=d\n")
    environment.read_env_file(path)
    assert [environment.env.str(name) for name in ("GIVEN", "QUOTED", "EXPORTED")] == [
        "before",
        "a # b",
        "c=d",
    ]
    environment.read_env_file(tmp_path / "there is none")
