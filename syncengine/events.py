"""An event of the log: how it is checked, written down and chained by its hash.

It is checked here when it is appended, never when it is read: what was stored renders for ever.

To add an event kind, touch: `schemas.py` (its data), `projection.py` and `static/js/status.js`
(the fold, twice), `sentences.py` (its sentence) and `tests/examples.py` (an example).
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from pydantic import ValidationError

from syncengine.schemas import (
    CURRENT_VERSION,
    MAX_SAFE_INTEGER,
    OPERATION,
    OUTSIDE_OPERATIONS,
    SCHEMAS,
)

MAX_DATA_BYTES = 64 * 1024


class InvalidEvent(ValueError):
    """An event that the log refuses: unknown kind, unknown key, wrong type, too large, or of an
    operation that is not the unfinished one."""


class TooLarge(InvalidEvent):
    """An event whose data is more than one event holds."""


@dataclass(frozen=True, slots=True)
class Event:
    """One immutable entry of the log.

    `at` is UTC in ISO 8601 with six decimals and `Z`; `operation` a UUID as text, or None.
    """

    position: int
    operation: str | None
    kind: str
    version: int
    at: str
    data: dict[str, Any]
    previous_hash: str
    hash: str

    def as_json(self) -> dict[str, Any]:
        """The event as the socket and `/api/events` give it."""
        return asdict(self)


def canonical(value: Any) -> str:
    """The one JSON text of a value: keys sorted, no spaces, non-ASCII as it is.

    Raises InvalidEvent for what could not be read back the same everywhere: floats, integers
    beyond 2^53, NUL, lone surrogates, keys that are no text.
    """
    _refuse_unportable(value)
    return written(value)


# `canonical` of what was looked at before, such as what follows from events.
written = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def validated(kind: str, data: dict[str, Any], operation: str | None) -> tuple[int, str]:
    """Check an event before it is appended; returns its version and the canonical text of data.

    Raises InvalidEvent with the reason.
    """
    version = CURRENT_VERSION.get(kind)
    if version is None:
        raise InvalidEvent(f"unknown event kind {kind!r}")
    if (operation is None) != (kind in OUTSIDE_OPERATIONS):
        raise InvalidEvent(f"{kind} with operation {operation!r}")
    try:
        # Another spelling of the same UUID would be read back as this one, and the hash not hold.
        OPERATION.validate_python(operation)
        SCHEMAS[kind, version].model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidEvent(f"{kind}: {where}: {first['msg']}") from None
    text = canonical(data)
    size_bytes = len(text.encode())
    if size_bytes > MAX_DATA_BYTES:
        raise TooLarge(f"{kind}: data of {size_bytes} bytes, at most {MAX_DATA_BYTES}")
    return version, text


def chain_hash(
    previous_hash: str,
    position: int,
    operation: str | None,
    kind: str,
    version: int,
    at: str,
    data: str,
) -> str:
    """SHA-256 in lowercase hex of the JSON array of all seven; `data` is its canonical text."""
    before = f"{_quoted(previous_hash)},{position:d},{_named(operation, kind, version)}"
    return hashlib.sha256(f'[{before},"{at}",{data}]'.encode()).hexdigest()


def instant(moment: datetime) -> str:
    """An aware datetime as the log writes it, for example `2026-11-22T19:23:51.000120Z`."""
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"


def _quoted(text: str) -> str:
    """`canonical` of a text alone."""
    _refuse_text(text)
    return encode_basestring(text)


@lru_cache(maxsize=64, typed=True)  # the same for many events in a row
def _named(operation: str | None, kind: str, version: int) -> str:
    return canonical([operation, kind, version])[1:-1]


def _refuse_unportable(value: Any) -> None:
    match value:
        case None | bool():
            pass
        case str():
            _refuse_text(value)
        case int():
            if abs(value) > MAX_SAFE_INTEGER:
                raise InvalidEvent(f"integer {value} beyond 2^53")
        case list():
            for item in value:
                _refuse_unportable(item)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise InvalidEvent(f"key {key!r} is no text")
                _refuse_text(key)
                _refuse_unportable(item)
        case _:
            raise InvalidEvent(f"{type(value).__name__} cannot be stored")


def _refuse_text(text: str) -> None:
    if "\0" in text:
        raise InvalidEvent("text with NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidEvent("text with a lone surrogate") from None
