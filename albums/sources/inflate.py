"""Reading a body without ever holding more of it than is allowed."""

import zlib

_GZIP = 16 + zlib.MAX_WBITS
PLAIN = frozenset({"", "identity"})
PACKED = frozenset({"gzip", "x-gzip"})
# A gzip file may hold several members, one after another. A chunk of thousands of empty ones would
# keep the event loop for seconds.
MAX_MEMBERS = 16


class TooLarge(Exception):
    """The body is beyond its limit, packed or unpacked."""


class Broken(Exception):
    """The body is not what its headers promise, or stops too early."""


class Body:
    """Collects chunks of a body and unpacks them as they come.

    A zip bomb of 17 KB unpacks to 12 MB, so both sizes are counted, and the unpacker is never
    asked for more than what is still allowed.
    """

    def __init__(self, encoding: str, wire_bytes: int, body_bytes: int) -> None:
        encoding = encoding.strip().lower()
        if encoding not in PLAIN | PACKED:
            raise Broken("unknown content encoding")
        self._packed = encoding in PACKED
        self._unpacker = zlib.decompressobj(_GZIP)
        self._members = 1
        self._wire_left = wire_bytes
        self._left = body_bytes
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk. Raises TooLarge or Broken."""
        self._wire_left -= len(chunk)
        if self._wire_left < 0:
            raise TooLarge
        if not self._packed:
            self._keep(chunk)
            return
        while chunk:
            if self._unpacker.eof:
                self._members += 1
                if self._members > MAX_MEMBERS:
                    raise Broken("too many members")
                self._unpacker = zlib.decompressobj(_GZIP)
            try:
                self._keep(self._unpacker.decompress(chunk, self._left + 1))
            except zlib.error:
                raise Broken("not gzip") from None
            chunk = self._unpacker.unconsumed_tail or self._unpacker.unused_data

    def finish(self) -> bytes:
        """Return the whole body. Raises Broken where a packed one lacks its end."""
        if self._packed and self._parts and not self._unpacker.eof:
            raise Broken("the end is missing")
        return b"".join(self._parts)

    def _keep(self, part: bytes) -> None:
        self._left -= len(part)
        if self._left < 0:
            raise TooLarge
        self._parts.append(part)
