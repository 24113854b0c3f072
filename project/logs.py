"""Log lines that stay one line each, whatever a title or a header of somebody else contains."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError

from syncengine import subject
from syncengine.events import instant
from syncengine.outages import in_a_line, outage_of

LAYER_OUTAGES = (BusyLoadingError, ConnectionError, TimeoutError)


class OneLineFormatter(logging.Formatter):
    """`time level logger message`; what is not printable is escaped, bidi marks included, so that
    no text from outside can forge a line, colour a terminal or turn the text around. Tracebacks,
    whose last lines say what an error says, keep their lines and are indented."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        return escaped(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return _indented(stack_info)


class JsonFormatter(logging.Formatter):
    """A JSON object in a line, for programs: `time` (UTC), `level`, `logger`, `message`, and the
    `operation` and `position` that it is about, null where it is about none; with an error also
    `traceback`. What is not printable is escaped as in the other form: who shows a message to
    people need not do it again."""

    def format(self, record: logging.LogRecord) -> str:
        about = subject.current()
        line = {
            "time": instant(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": escaped(record.name),
            "message": escaped(record.getMessage()),
            "operation": getattr(record, "operation", about.operation),
            "position": getattr(record, "position", about.position),
        }
        traces = []
        if record.exc_info:
            traces.append(self.formatException(record.exc_info))
        if record.stack_info:
            traces.append(record.stack_info)
        if traces:
            lines = "\n".join(traces).split("\n")
            line["traceback"] = "\n".join(map(escaped, lines))
        return json.dumps(line, ensure_ascii=False)


def escaped(text: str) -> str:
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _indented(lines: str) -> str:
    return "\n".join(f"    {escaped(line)}" for line in lines.split("\n"))


class OutagesInALine(logging.Filter):
    """Takes the traceback from an outage of the database or of the channel layer (which leaves a
    task of its own to die, channels_redis/core.py, 4.3): it would tell nothing more."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error and (outage_of(error) or isinstance(error, LAYER_OUTAGES)):
            record.msg, record.args = f"{record.getMessage()}: {in_a_line(error)}", ()
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class RefusalsInALine(logging.Filter):
    """Takes the traceback from requests that were refused: anybody can send as many as he likes."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True
