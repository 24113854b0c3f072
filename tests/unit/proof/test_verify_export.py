"""The verifier that is shipped, and a second one written from the README: both find every byte that
was flipped."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine import verify_export
from syncengine.events import Event
from tests import second_verifier
from tests.examples import EXAMPLES
from tests.logs import Writer, event_logs

LOG = "a" * 64


def line(event: Event) -> bytes:
    return second_verifier.as_written(event.as_json())


def every_kind() -> list[bytes]:
    """A log with an event of every kind that there ever was."""
    writer = Writer(LOG, [0.3])
    for example in EXAMPLES:
        writer.write(example["kind"], example["data"], example["operation"])
    return list(map(line, writer.events))


LINES = every_kind()


def verify(folder: Path, content: bytes, *options: str, checkpoints: bytes | None = None) -> int:
    file = folder / "events.jsonl"
    file.write_bytes(content)
    if checkpoints is not None:
        (folder / "checkpoints.jsonl").write_bytes(checkpoints)
        options = (str(folder / "checkpoints.jsonl"), *options)
    return verify_export.main([str(file), *options])


def checkpoint(at: int, hash_: str = "", log: str = LOG) -> bytes:
    event = json.loads(LINES[at - 1])
    mark = {"log": log, "position": at, "hash": hash_ or event["hash"], "at": event["at"]}
    return json.dumps(mark).encode() + b"\n"


def holds(lines: list[bytes]) -> tuple[bool, bool]:
    """What the shipped and the second verifier say."""
    try:
        verify_export.verify(lines, {}, selection=False)
    except verify_export.DoesNotHold:
        return False, not second_verifier.find(lines)
    return True, not second_verifier.find(lines)


def test_a_whole_log_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(tmp_path, b"".join(LINES), checkpoints=checkpoint(3) + checkpoint(11)) == 0
    said = capsys.readouterr().out
    assert f"{len(LINES)} events, positions 1 to {len(LINES)}" in said
    assert f"the first event of log {LOG}" in said
    assert "11 events lead on to one that agrees" in said
    assert said.endswith("Everything holds.\n")


@given(event_logs())
def test_any_log_holds_for_both(log: list[Event]) -> None:
    assert holds(list(map(line, log))) == (True, True)


def test_both_find_any_flipped_byte() -> None:
    whole = b"".join(LINES)
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        assert holds(bytes(flipped).splitlines(keepends=True)) == (False, False), place


@given(place=st.integers(0, len(b"".join(LINES)) - 1), bits=st.integers(1, 255))
def test_whichever_bits_of_it(place: int, bits: int) -> None:
    flipped = bytearray(b"".join(LINES))
    flipped[place] ^= bits
    assert holds(bytes(flipped).splitlines(keepends=True)) == (False, False)


def test_both_find_a_line_that_is_gone_doubled_or_elsewhere() -> None:
    for at in range(1, len(LINES) - 1):
        gone = LINES[:at] + LINES[at + 1 :]
        doubled = LINES[:at] + LINES[at - 1 :]
        elsewhere = [*LINES[: at - 1], LINES[at], LINES[at - 1], *LINES[at + 1 :]]
        for lines in (gone, doubled, elsewhere):
            assert holds(lines) == (False, False), at


def test_a_rewritten_event_is_found_by_the_next_one() -> None:
    event = json.loads(LINES[4])
    event["data"]["title"] = "Another"
    event["hash"] = second_verifier.hashlib.sha256(
        second_verifier.text([event[name] for name in second_verifier.HASHED])
    ).hexdigest()
    rewritten = [*LINES[:4], second_verifier.as_written(event), *LINES[5:]]
    assert holds(rewritten) == (False, False)
    assert holds(rewritten[:5]) == (True, True), "nothing follows it"


def test_only_a_checkpoint_shows_that_the_end_was_rewritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = b"".join(LINES)
    assert verify(tmp_path, whole, checkpoints=checkpoint(len(LINES), "b" * 64)) == 1
    said = capsys.readouterr().out
    assert f"line {len(LINES)}: position {len(LINES)}: another event" in said
    assert second_verifier.find(LINES, checkpoint(len(LINES), "b" * 64))


def test_checkpoints_of_another_log_say_nothing_about_this_one(tmp_path: Path) -> None:
    whole = b"".join(LINES)
    assert verify(tmp_path, whole, checkpoints=checkpoint(3, log="c" * 64)) == 1


def test_a_selection_may_have_gaps_and_says_what_it_cannot_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    selection = b"".join(LINES[::2])
    assert verify(tmp_path, selection) == 1
    assert "position 2 is missing" in capsys.readouterr().out
    assert verify(tmp_path, selection, "--selection") == 0
    assert "shows only an export without a filter" in capsys.readouterr().out


def test_an_empty_export_holds(tmp_path: Path) -> None:
    assert verify(tmp_path, b"") == 0


@pytest.mark.parametrize("content", [b"\n", b"{}\n", b"position,at\r\n", LINES[0][:-1], b"\xff\n"])
def test_what_is_no_export_does_not_hold(tmp_path: Path, content: bytes) -> None:
    assert verify(tmp_path, content) == 1


@pytest.mark.parametrize("content", [b"nonsense", b"[]", b'{"position": 1}', b'{"hash": null}'])
def test_what_is_no_checkpoint_does_not_hold(tmp_path: Path, content: bytes) -> None:
    assert verify(tmp_path, b"".join(LINES), checkpoints=content) == 1


def test_it_runs_by_itself_without_anything_installed(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(LINES))
    command = [sys.executable, "-I", "-S", verify_export.__file__]
    done = subprocess.run([*command, file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Everything holds." in done.stdout
    asked = subprocess.run([*command, tmp_path / "none"], capture_output=True, text=True)
    assert asked.returncode == 2
    assert "cannot be read" in asked.stderr
