"""Verify an export of Groovelog's log, offline:

    python verify_export.py events.jsonl [checkpoints.jsonl]
    python verify_export.py log-4711.zip [checkpoints.jsonl]

With `--selection` where the export was filtered, so that events between others may be missing; a
ZIP says so by itself.

It needs Python 3.8 or newer and nothing else. Exit 0: everything holds. 1: something does not; it
says what and in which line. 2: it was not asked properly.

Take the checkpoints from a copy that was kept where whoever runs Groovelog cannot write: a ZIP
brings its own, but they are from the same hands as the events.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any

# A line is an event. The seven parts that are hashed stand in it as exactly the text that is
# hashed, so nothing needs to be written anew, and there is one way only to write each of them.
LINE = re.compile(
    rb'\{"position":([1-9][0-9]{0,15}),"operation":(null|"[0-9a-f-]{36}"),"kind":("[a-z-]{1,30}"),'
    rb'"version":([1-9][0-9]{0,4}),"at":("[0-9T:.-]{26}Z"),"previous_hash":"([0-9a-f]{64})",'
    rb'"hash":"([0-9a-f]{64})","data":(\{[^\r\n]*\})\}\n'
)

RANGE = {"after", "until"}  # filters that leave no gap


class DoesNotHold(Exception):
    """What is wrong, and where."""


class Chain:
    """The events of a file, one after the other, and what they are found to be."""

    def __init__(self, checkpoints: dict[int, set[str]], selection: bool) -> None:
        self.checkpoints = checkpoints
        self.selection = selection  # whether there may be gaps
        self.events = 0
        self.first = self.last = 0
        self.hash = ""
        self.log = ""  # the log's id, known where event 1 is in the file
        self.gaps = 0
        self.met = 0  # checkpoints
        self.tied = 0  # events from which the chain leads on to a checkpoint
        self._untied = 0  # events since the newest gap or checkpoint

    def add(self, line: bytes) -> None:
        """Check one more line. Raises DoesNotHold."""
        match = LINE.fullmatch(line)
        if match is None:
            raise DoesNotHold("is not an event as Groovelog exports it")
        position_text, operation, kind, version, at, previous, stated, data = match.groups()
        position, before = int(position_text), previous.decode()
        parts = (b'"' + previous + b'"', position_text, operation, kind, version, at, data)
        computed = hashlib.sha256(b"[" + b",".join(parts) + b"]").hexdigest()
        where = f"position {position}"
        if computed != stated.decode():
            raise DoesNotHold(f"{where}: its content does not have its hash")
        if position <= self.last:
            raise DoesNotHold(f"{where}: stands after position {self.last}")
        if position == self.last + 1 and self.hash and before != self.hash:
            raise DoesNotHold(f"{where}: does not follow the event before it")
        if position != self.last + 1 and self.events:
            if not self.selection:
                missing = f"position {self.last + 1} is missing before it"
                raise DoesNotHold(f"{where}: {missing} (--selection, if the export was filtered)")
            self.gaps += 1
            self._untied = 0
        if position == 1:
            self.log = before
        if self.checkpoints.get(position, {computed}) != {computed}:
            raise DoesNotHold(f"{where}: another event than when the checkpoint was written")
        self.events += 1
        self._untied += 1
        self.first = self.first or position
        self.last, self.hash = position, computed
        if position in self.checkpoints:
            self.met += 1
            self.tied += self._untied
            self._untied = 0


def verify(
    lines: Iterable[bytes], checkpoints: dict[int, set[str]], selection: bool
) -> tuple[Chain, str, int]:
    """The chain of a file, its SHA-256 and its size in bytes. Raises DoesNotHold."""
    chain, sha256, size = Chain(checkpoints, selection), hashlib.sha256(), 0
    for number, line in enumerate(lines, start=1):
        sha256.update(line)
        size += len(line)
        try:
            chain.add(line)
        except DoesNotHold as error:
            raise DoesNotHold(f"line {number}: {error}") from None
    return chain, sha256.hexdigest(), size


def read_checkpoints(lines: Iterable[bytes]) -> tuple[dict[int, set[str]], set[str]]:
    """{position: hashes} and the ids of the logs. Raises DoesNotHold for a line that is none."""
    found: dict[int, set[str]] = {}
    logs: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            found.setdefault(int(entry["position"]), set()).add(str(entry["hash"]))
            logs.add(str(entry["log"]))
        except (ValueError, KeyError, TypeError) as error:
            raise DoesNotHold(f"checkpoints: line {number} is no checkpoint") from error
    if len(logs) > 1:
        raise DoesNotHold("checkpoints: they are of several logs; leave one in the file")
    return found, logs


def check_log(chain: Chain, logs: set[str]) -> None:
    if chain.log and logs and chain.log not in logs:
        raise DoesNotHold("the checkpoints are of another log than the events")


def check_manifest(manifest: dict[str, Any], chain: Chain, sha256: str, size: int) -> None:
    """Whether the manifest of a ZIP says the same as its events. Raises DoesNotHold."""
    try:
        stated = [manifest["events"], manifest["first"] or 0, manifest["last"] or 0]
        file = manifest["files"]["events.jsonl"]
        head, log, wanted = manifest["head"], manifest["log"], manifest["filter"]
        if stated != [chain.events, chain.first, chain.last]:
            raise DoesNotHold(f"the manifest names {stated}: events, first and last position")
        if (file["sha256"], file["bytes"]) != (sha256, size):
            raise DoesNotHold("the manifest has another size or SHA-256 of events.jsonl")
        if chain.last == head["position"] and chain.hash != head["hash"]:
            raise DoesNotHold("the manifest has another hash for the head of the log")
        if chain.last > head["position"] or (chain.log and chain.log != log):
            raise DoesNotHold("the manifest is of another log")
        if not set(wanted) - RANGE:
            after, until = int(wanted.get("after", 0)), int(wanted.get("until", head["position"]))
            if chain.events != max(0, until - after):
                raise DoesNotHold("the manifest names a range, and events of it are missing")
    except (KeyError, TypeError, ValueError) as error:
        raise DoesNotHold("the manifest is none") from error


def verify_zip(path: str, given: Iterable[bytes] | None, selection: bool) -> list[str]:
    """What there is to say of a ZIP. Raises DoesNotHold."""
    with zipfile.ZipFile(path) as archive:
        own = archive.read("checkpoints.jsonl").splitlines()
        checkpoints, logs = read_checkpoints(own if given is None else given)
        manifest = json.loads(archive.read("manifest.json"))
        selection = selection or bool(set(manifest["filter"]) - RANGE)
        with archive.open("events.jsonl") as file:
            chain, sha256, size = verify(file, checkpoints, selection)
        check_log(chain, logs)
        check_manifest(manifest, chain, sha256, size)
        check_csv(archive, manifest)
    return [*told(chain, sha256, given is None), "The manifest says the same as both files."]


def check_csv(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    """The CSV is for reading: its cells are changed where they would be formulas, so it has no
    hashes of its own, and only what the manifest says of it can be checked."""
    sha256 = hashlib.sha256()
    with archive.open("events.csv") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            sha256.update(piece)
    if manifest["files"]["events.csv"]["sha256"] != sha256.hexdigest():
        raise DoesNotHold("the manifest has another SHA-256 of events.csv")


def verify_lines(path: str, given: Iterable[bytes] | None, selection: bool) -> list[str]:
    """What there is to say of a file of JSON Lines. Raises DoesNotHold."""
    checkpoints, logs = read_checkpoints(given or [])
    with open(path, "rb") as file:
        chain, sha256, _ = verify(file, checkpoints, selection)
    check_log(chain, logs)
    return told(chain, sha256, False)


def told(chain: Chain, sha256: str, own_checkpoints: bool) -> list[str]:
    """What was found, a sentence a line."""
    if not chain.events:
        return [f"SHA-256 {sha256}", "There are no events in it."]
    span = f"positions {chain.first} to {chain.last}"
    lines = [
        f"SHA-256 {sha256}",
        f"{chain.events} events, {span}, each with the hash of its content.",
    ]
    if chain.gaps:
        lines.append(
            f"They are a selection with {chain.gaps} gaps: that nothing between was changed or left"
            " out shows only an export without a filter."
        )
    else:
        lines.append("There is no gap, and each one follows the one before it.")
    if chain.first == 1:
        lines.append(f"They begin with the first event of log {chain.log}.")
    later = sum(position > chain.last for position in chain.checkpoints)
    if chain.checkpoints:
        whose = "that the ZIP brings" if own_checkpoints else "that were given"
        lines.append(
            f"Of {len(chain.checkpoints)} checkpoints {whose}, {chain.met} are about them and"
            f" agree, and {later} are later; {chain.tied} events lead on to one that agrees."
        )
    else:
        lines.append(
            "No checkpoints were given, so whoever wrote the file may have written it all."
        )
    lines.append(f"The last hash is {chain.hash}.")
    return lines


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify an export of Groovelog's log, offline.")
    parser.add_argument("export", help="events.jsonl, or a ZIP with its manifest")
    parser.add_argument("checkpoints", nargs="?", help="checkpoints.jsonl, from a copy of yours")
    parser.add_argument("--selection", action="store_true", help="it was filtered: allow gaps")
    asked = parser.parse_args(arguments)
    try:
        given = None
        if asked.checkpoints:
            with open(asked.checkpoints, "rb") as file:
                given = file.readlines()
        is_zip = zipfile.is_zipfile(asked.export)
        lines = (verify_zip if is_zip else verify_lines)(asked.export, given, asked.selection)
    except OSError as error:
        parser.error(f"{error.filename} cannot be read: {error.strerror}")
    except DoesNotHold as error:
        sys.stdout.write(f"Does NOT hold: {error}.\n")
        return 1
    except (zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, EOFError) as error:
        sys.stdout.write(f"Does NOT hold: the ZIP is damaged or incomplete ({error}).\n")
        return 1
    sys.stdout.write("\n".join([*lines, "Everything holds.", ""]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
