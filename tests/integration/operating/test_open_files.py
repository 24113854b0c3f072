"""A web process under the limits of open files that systemd and shells give."""

import shlex
import sys
from pathlib import Path

from project.open_files import SPARE
from tests.integration.operating.conftest import Parts
from tests.server import Web

TOO_FEW = 900


def limited(parts: Parts, folder: Path, limits: str, max_sockets: int) -> Web:
    """A web process that is started where the shell has these limits."""
    web = Web(folder / "web.log", parts.environment | {"MAX_SOCKETS": str(max_sockets)})
    web.command = ("-c", f"{limits}; exec {shlex.join([sys.executable, *web.command])}")
    web.program = "/bin/sh"
    parts.processes.append(web)
    web.start()
    return web


def limits_of(web: Web) -> tuple[str, str]:
    """What it may open, and what it may allow itself."""
    lines = Path(f"/proc/{web.pid}/limits").read_text().splitlines()
    words = next(line for line in lines if line.startswith("Max open files")).split()
    return words[3], words[4]


def test_it_takes_all_that_it_may_have_for_its_sockets(parts: Parts, tmp_path: Path) -> None:
    web = limited(parts, tmp_path, "ulimit -S -n 128 && ulimit -H -n 3000", 3000 - SPARE)
    assert limits_of(web) == ("3000", "3000")
    assert "MAX_SOCKETS" not in web.output


def test_where_that_is_too_little_it_says_what_to_do(parts: Parts, tmp_path: Path) -> None:
    web = limited(parts, tmp_path, f"ulimit -n {TOO_FEW}", TOO_FEW - SPARE + 1)
    assert f"may open {TOO_FEW} files only" in web.output
    assert f"LimitNOFILE= of systemd, ulimit -n), or lower MAX_SOCKETS to {TOO_FEW - SPARE}." in (
        web.output
    )
