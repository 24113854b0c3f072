"""The head of the log, written outside the database at every end of a sync.

Whoever rewrites the whole chain, or cuts its tail, would have to change this file as well; keep
copies of it elsewhere. One JSON object a line: `{"log", "database", "position", "hash", "at"}`;
`database` is where it is, so that another log in the place of this one is noticed.
"""

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import connection

from syncengine import log, webhook
from syncengine.events import canonical, instant
from syncengine.models import SyncEvent
from syncengine.schemas import END_KINDS

logger = logging.getLogger("groovelog.checkpoints")

FILE_OF_LOG = "checkpoints-{}.jsonl"


@dataclass(frozen=True)
class Checkpoint:
    log: str
    database: str
    position: int
    hash: str
    at: str

    def as_line(self) -> str:
        """As others get it: without where the database is, which is nobody else's business."""
        public = {"log": self.log, "position": self.position, "hash": self.hash, "at": self.at}
        return f"{json.dumps(public)}\n"


def path() -> Path:
    """`CHECKPOINT_FILE`, by default one file a log in `var/`."""
    if settings.CHECKPOINT_FILE:
        return Path(settings.CHECKPOINT_FILE)
    return Path(settings.VAR_DIR) / FILE_OF_LOG.format(log.head().log_id)


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
    checkpoint = Checkpoint(
        log.head().log_id, _database(), newest.position, newest.hash, instant(newest.at)
    )
    line = canonical(asdict(checkpoint))
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().open("a+b") as file:
        file.write(b"" if _ends_in_newline(file) else b"\n")
        file.write(f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    webhook.tell(checkpoint.as_line())


def stored() -> list[Checkpoint]:
    """The checkpoints of this log, oldest first. A line that was cut by a crash is passed over."""
    checkpoints = _read(path())
    log_id = checkpoints and log.head().log_id
    return [checkpoint for checkpoint in checkpoints if checkpoint.log == log_id]


def as_text() -> str:
    """The checkpoints of this log as JSON Lines, to be kept elsewhere. Empty where the file cannot
    be read."""
    try:
        return "".join(checkpoint.as_line() for checkpoint in stored())
    except OSError:
        return ""


def replaced() -> Checkpoint | None:
    """The newest checkpoint of another log that was kept where this one is now, if there is any."""
    own = path()
    files = [own] if settings.CHECKPOINT_FILE else own.parent.glob(FILE_OF_LOG.format("*"))
    log_id, database = log.head().log_id, _database()
    others = [
        checkpoint
        for file in files
        for checkpoint in _read(file)
        if checkpoint.log != log_id and checkpoint.database == database
    ]
    return others[-1] if others else None


def _read(file: Path) -> list[Checkpoint]:
    if not file.exists():
        return []
    checkpoints = []
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
            checkpoint = Checkpoint(
                str(entry["log"]),
                str(entry.get("database", "")),
                int(entry["position"]),
                str(entry["hash"]),
                str(entry.get("at", "")),
            )
            checkpoints.append(checkpoint)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            continue
    return checkpoints


def _database() -> str:
    """Where the database is, by the settings: what is in it cannot change that."""
    settings_dict = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(Path(settings_dict["NAME"]).resolve())
    host = settings_dict["HOST"] or settings_dict.get("OPTIONS", {}).get("host", "")
    return f"{host}:{settings_dict['PORT']}/{settings_dict['NAME']}"


def _ends_in_newline(file: BinaryIO) -> bool:
    """Whether the next line can be written as it is: a crash may have cut the last one."""
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
