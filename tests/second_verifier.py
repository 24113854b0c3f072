"""A verifier of exports as an auditor would write it who has read "Proof" in the README and nothing
else: it shares no line with the one that is shipped, and reads JSON where that one reads text."""

import hashlib
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HASHED = ("previous_hash", "position", "operation", "kind", "version", "at", "data")
WRITTEN = ("position", "operation", "kind", "version", "at", "previous_hash", "hash", "data")


def text(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def as_written(event: dict[str, Any]) -> bytes:
    return b"{" + b",".join(text(name) + b":" + text(event[name]) for name in WRITTEN) + b"}\n"


def wrong(line: bytes, before: dict[str, Any] | None, filtered: bool) -> str:
    """What is wrong with a line; nothing where it holds."""
    try:
        event = json.loads(line)
        if as_written(event) != line or set(event) != set(WRITTEN):
            return "written differently"
        if hashlib.sha256(text([event[name] for name in HASHED])).hexdigest() != event["hash"]:
            return "another hash"
        if before and event["position"] == before["position"] + 1:
            return "" if event["previous_hash"] == before["hash"] else "not in the chain"
        return "" if before is None or filtered else "something is missing"
    except (ValueError, KeyError, TypeError):
        return "no event"


def find(lines: Iterable[bytes], checkpoints: bytes = b"", filtered: bool = False) -> str:
    """The first thing that does not hold in an export; nothing where everything does."""
    marks = {mark["position"]: mark["hash"] for mark in map(json.loads, checkpoints.splitlines())}
    before: dict[str, Any] | None = None
    for line in lines:
        if problem := wrong(line, before, filtered):
            return problem
        before = json.loads(line)
        if marks.get(before["position"], before["hash"]) != before["hash"]:
            return "not what the checkpoint says"
    return ""


def find_in_zip(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        for name, stated in manifest["files"].items():
            if hashlib.sha256(archive.read(name)).hexdigest() != stated["sha256"]:
                return f"{name} is not the file of the manifest"
        lines = archive.read("events.jsonl").splitlines(keepends=True)
        filtered = bool(set(manifest["filter"]) - {"after", "until"})
        if len(lines) != manifest["events"]:
            return "not so many events"
        return find(lines, archive.read("checkpoints.jsonl"), filtered)
