"""What the README promises, held against the code."""

import re
from pathlib import Path

import pytest

from syncengine import consumers, hub
from syncengine.management.commands import sync

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
READ_IN_CODE = re.compile(
    r"""(?:env\.\w+|environ\.get|flag|one_of|number|hosts|origins|database|address)\(\s*"([A-Z0-9_]+)\""""
)
COMMANDS = sorted(
    path.stem
    for app in ("project", "syncengine")
    for path in (ROOT / app / "management" / "commands").glob("[a-z]*.py")
)


def section(heading: str) -> str:
    return README.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def names_read() -> set[str]:
    files = [ROOT / "project" / "settings.py", ROOT / "project" / "demo_accounts.py"]
    return set(READ_IN_CODE.findall("".join(path.read_text(encoding="utf-8") for path in files)))


def test_every_setting_that_is_read_is_in_the_table_and_no_other() -> None:
    rows = [line.split("|")[1] for line in section("Settings").splitlines() if line[:3] == "| `"]
    assert {name for row in rows for name in re.findall(r"`([A-Z0-9_]+)`", row)} == names_read()


def test_every_command_is_in_the_table() -> None:
    rows = [line for line in section("Commands").splitlines() if line.startswith("| `")]
    assert sorted(re.match(r"\| `(\w+)", row)[1] for row in rows) == COMMANDS  # type: ignore[index]


def test_every_exit_code_of_sync_is_told() -> None:
    codes = {value for name, value in vars(sync).items() if name.startswith("EXIT_")}
    told = re.search(r"\| `sync`.*Exit (.*) \|", section("Commands"))
    assert told and {int(code) for code in re.findall(r"\b(\d)\b", told[1])} == codes


@pytest.mark.parametrize("module", [consumers, hub])
def test_every_close_code_is_told(module: object) -> None:
    codes = [value for name, value in vars(module).items() if name.startswith("CLOSE_")]
    assert codes
    for code in codes:
        assert str(code) in section("For programs")


def test_the_picture_is_there() -> None:
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert (ROOT / picture).stat().st_size > 10_000
