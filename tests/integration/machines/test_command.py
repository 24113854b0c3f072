"""`bin/cluster`, as somebody starts it who wants to see many machines on his own."""

import os
import re
import signal
import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import connection

from tests.cluster import nginx
from tests.cluster.certificate import CHAIN
from tests.process import ANSWER_LIMIT_S, Process
from tests.syncing import eventually

MOST_S = 120.0  # for a busy machine; it takes some 20 seconds

pytestmark = pytest.mark.timeout(3 * MOST_S)


class Command(Process):
    ready_limit_s = stop_limit_s = MOST_S

    def _is_ready(self, said: int) -> bool:
        return "Stop everything with Control-C." in self.output


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    if connection.vendor != "postgresql":
        pytest.skip("many machines need PostgreSQL and Redis: --backends=servers")
    if nginx.program() is None:
        pytest.skip(f"nginx is missing: {nginx.INSTALL}")
    command = Command(tmp_path / "output.log", {}, "-m", "tests.cluster")
    try:
        command.start()
        yield command
    finally:
        command.stop()
        print(command.output)  # pytest shows it where the test fails


def processes_of(folder: Path) -> list[str]:
    """The commands of all processes that name this folder."""
    commands = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            commands.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [command for command in commands if str(folder) in command]


def test_one_command_starts_everything_replaces_it_and_ends_it(command: Command) -> None:
    [origin] = re.findall(r"^Groovelog runs at (\S+)/$", command.output, re.MULTILINE)
    [named] = re.findall(r"^What the processes say is in (\S+)$", command.output, re.MULTILINE)
    folder = Path(named)
    trusted = ssl.create_default_context(cafile=str(folder / CHAIN))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
    )

    def page() -> str:
        with opener.open(f"{origin}/accounts/login/", timeout=ANSWER_LIMIT_S) as answer:
            text: str = answer.read().decode()
            return text

    assert "Sign in" in page()
    assert re.search(r"^Sign in as .*admin.*; the password is \S+$", command.output, re.MULTILINE)
    assert len(processes_of(folder)) > 2

    os.kill(command.pid, signal.SIGHUP)
    eventually(lambda: command.output.count("Replaced: ") == 4, MOST_S)
    assert "Sign in" in page()
    assert command.stop() == 0
    assert processes_of(folder) == []
    assert not folder.exists()
