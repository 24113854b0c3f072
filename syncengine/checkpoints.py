"""The head of the log, written outside the database at every end of a sync.

Whoever rewrites the whole chain, or cuts its tail, would have to change this file as well; keep
copies of it elsewhere. One JSON object a line: `{"log", "position", "hash", "at"}`.
"""

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from syncengine import log
from syncengine.events import canonical
from syncengine.models import SyncEvent
from syncengine.schemas import END_KINDS

logger = logging.getLogger("groovelog.checkpoints")


@dataclass(frozen=True)
class Checkpoint:
    position: int
    hash: str


def path() -> Path:
    """`CHECKPOINT_FILE`, by default one file a log in `var/`."""
    if settings.CHECKPOINT_FILE:
        return Path(settings.CHECKPOINT_FILE)
    return Path(settings.VAR_DIR) / f"checkpoints-{log.head().log_id}.jsonl"


def record() -> None:
    """Write the newest end of a sync down, unless that has been done.

    A file that cannot be written stops no sync: it is said in the log of the process, and the
    checkpoint is written with the next end.
    """
    try:
        _record()
    except OSError as error:
        logger.error("CHECKPOINT_FILE %s cannot be written: %s", path(), error.strerror)


def _record() -> None:
    newest = SyncEvent.objects.filter(kind__in=END_KINDS).order_by("-position").first()
    if newest is None:
        return
    if any(checkpoint.position >= newest.position for checkpoint in stored()):
        return
    line = canonical(
        {
            "log": log.head().log_id,
            "position": newest.position,
            "hash": newest.hash,
            "at": newest.as_event().at,
        }
    )
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().open("a+b") as file:
        file.write(b"" if _ends_in_newline(file) else b"\n")
        file.write(f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def stored() -> list[Checkpoint]:
    """The checkpoints of this log, oldest first. A line that was cut by a crash is passed over."""
    if not path().exists():
        return []
    log_id = log.head().log_id
    checkpoints = []
    for line in path().read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
            if entry["log"] == log_id:
                checkpoints.append(Checkpoint(int(entry["position"]), str(entry["hash"])))
        except (ValueError, KeyError, TypeError, OverflowError):
            continue
    return checkpoints


def _ends_in_newline(file: BinaryIO) -> bool:
    """Whether the next line can be written as it is: a crash may have cut the last one."""
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
