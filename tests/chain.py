"""The hash of an event, written a second time from the words of the design alone.

"SHA-256, lowercase hex, of the UTF-8 JSON array [previous_hash, position, operation, kind, version,
at, data] with keys sorted, no spaces, non-ASCII unescaped."
"""

import hashlib
import json
from typing import Any


def json_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_of(
    previous_hash: str,
    position: int,
    operation: str | None,
    kind: str,
    version: int,
    at: str,
    data: Any,
) -> str:
    array = [previous_hash, position, operation, kind, version, at, data]
    return hashlib.sha256(json_text(array).encode("utf-8")).hexdigest()
