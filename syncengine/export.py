"""The log as files: JSON Lines that can be verified, CSV for spreadsheets, and both in a ZIP with
their manifest.

An export ends at the head that was taken first, and reads up to it in pages and outside a
transaction, so it holds no lock and little memory, however long the log is.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from json.encoder import encode_basestring as quoted
from typing import Any

from django.db.models import Count, Max, Min

from syncengine import acts, checkpoints, stored
from syncengine.models import LogHead
from syncengine.selection import Selection
from syncengine.sentences import sentence
from syncengine.stored import Row, Spelling

PAGE_EVENTS = 500  # of up to 64 KiB each
FORMS = {"csv": "CSV", "jsonl": "JSON Lines", "zip": "CSV and JSON Lines with a manifest"}
KIND, DATA = stored.COLUMNS.index("kind"), stored.COLUMNS.index("data")
CSV_COLUMNS = (
    *("position", "at", "operation", "kind", "version", "sentence", "album", "code", "person"),
    *("data", "previous_hash", "hash"),
)
# What spreadsheets take for the beginning of a formula, the wide forms included.
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
ZIP_LEVEL = 1  # text shrinks to a tenth by that, and more would take longer than to read it


@dataclass
class Member:
    """A file of an export while it is written: how large it is, and its SHA-256."""

    size: int = 0  # bytes
    events: int = 0
    first: int | None = None
    last: int | None = None
    _sha256: Any = field(default_factory=hashlib.sha256)

    def wrote(self, piece: bytes, rows: list[Row]) -> None:
        self.size += len(piece)
        self._sha256.update(piece)
        if rows:
            self.events += len(rows)
            self.first = self.first or rows[0][0]
            self.last = rows[-1][0]

    @property
    def sha256(self) -> str:
        digest: str = self._sha256.hexdigest()
        return digest


@dataclass(frozen=True)
class Export:
    """An export that has been asked for: `recorded` is the position of the event that says so.

    Its `parts` are chosen once: syncs that end meanwhile would else be in one file of it only.
    """

    selection: Selection
    parts: tuple[Selection, ...]
    by: str
    log_id: str
    head: int
    hash: str
    recorded: int

    def pieces(self, form: str) -> Iterator[bytes]:
        """The file in one of FORMS, a page of events at a time."""
        writers: dict[str, Callable[[], Iterator[bytes]]] = {
            "csv": lambda: self._file("csv", Member()),
            "jsonl": lambda: self._file("jsonl", Member()),
            "zip": self._zipped,
        }
        return writers[form]()

    def _file(self, form: str, member: Member) -> Iterator[bytes]:
        if form == "csv":
            yield from _written(member, _csv_text([CSV_COLUMNS]), [])
        for rows in self._pages():
            if form == "csv":
                text = _csv_text([_csv_row(*row) for row in rows])
            else:
                text = "".join([_line(*row) for row in rows])
            yield from _written(member, text, rows)

    def _pages(self) -> Iterator[list[Row]]:
        spelling = stored.spelling()
        for part in self.parts:
            # Each page begins where the one before ended by the part's own `after`: of two lower
            # bounds SQLite may use the other one, and read the log from its beginning every time.
            while rows := list(stored.rows(part.events())[:PAGE_EVENTS]):
                part = replace(part, after=rows[-1][0])
                wanted = [row for row in rows if part.says(row[KIND], row[DATA])]
                if wanted:
                    yield [_as_text(row, spelling) for row in wanted]

    def _zipped(self) -> Iterator[bytes]:
        """`events.jsonl`, `events.csv`, the checkpoints, and the manifest of the first two, which
        comes last because only then their hashes are known."""
        out = _Pieces()
        members = {"events.jsonl": Member(), "events.csv": Member()}
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=ZIP_LEVEL) as archive:
            for name, member in members.items():
                with archive.open(name, "w", force_zip64=True) as file:
                    for piece in self._file(name.rpartition(".")[2], member):
                        file.write(piece)
                        yield out.taken()
            archive.writestr("checkpoints.jsonl", checkpoints.as_text())
            archive.writestr("manifest.json", json.dumps(self._manifest(members), indent=2) + "\n")
        yield out.taken()

    def _manifest(self, members: dict[str, Member]) -> dict[str, Any]:
        first = members["events.jsonl"]
        return {
            "log": self.log_id,
            "head": {"position": self.head, "hash": self.hash},
            "filter": self.selection.named(),
            "events": first.events,
            "first": first.first,
            "last": first.last,
            "exported": {"by": self.by, "position": self.recorded},
            "files": {
                name: {"bytes": member.size, "sha256": member.sha256}
                for name, member in members.items()
            },
        }


def ask(selection: Selection, by: str, form: str, head: LogHead) -> Export:
    """Record that somebody exports these events, up to a head that was taken before. Raises the
    database's errors: what cannot be recorded is not exported."""
    parts = tuple(selection.parts(head.position))
    count, first, last = _extent(parts)
    what = "the events of a sync" if selection.operation else "events of the log"
    asked = acts.record(
        "exported",
        by,
        f"{what} as {FORMS[form]}",
        selection.named(),
        {
            "format": form,
            "events": count,
            "first": first,
            "last": last,
            "head": head.position,
            "hash": head.hash,
        },
    )
    return Export(selection, parts, by, head.log_id, head.position, head.hash, asked.position)


def defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _extent(parts: Iterable[Selection]) -> tuple[int, int | None, int | None]:
    """How many events there are, the first and the last of them. A range is not counted: its
    positions have no gap, and a long log would have to be read for it."""
    counted = [extent for part in parts if (extent := _counted(part))[0]]
    if not counted:
        return 0, None, None
    return sum(count for count, _, _ in counted), counted[0][1], counted[-1][2]


def _counted(part: Selection) -> tuple[int, int | None, int | None]:
    after, until = part.after or 0, part.until or 0
    if part.is_a_range:
        return (until - after, after + 1, until) if until > after else (0, None, None)
    if part.words:
        events = part.events().values_list("position", "kind", "data").iterator()
        places = [position for position, kind, data in events if part.says(kind, data)]
        return (len(places), places[0], places[-1]) if places else (0, None, None)
    found = part.events().aggregate(
        count=Count("position"), first=Min("position"), last=Max("position")
    )
    return found["count"], found["first"], found["last"]


def _as_text(row: Row, spelling: Spelling) -> Row:
    """A row with UUIDs and time as an event has them, or as they are where they are none."""
    position, operation, kind, version, at, data, previous_hash, hash_, album, code, person = row
    operation, album = _text(spelling.uuid, operation), _text(spelling.uuid, album)
    texts = (operation, kind, version, _text(spelling.instant, at), data, previous_hash, hash_)
    return (position, *texts, album, code, person)


def _text(read: Callable[[Any], str | None], stored: Any) -> str | None:
    try:
        return read(stored)
    except (ValueError, TypeError, AttributeError):
        return str(stored)


def _line(
    position: int,
    operation: str | None,
    kind: str,
    version: int,
    at: str,
    data: str,
    previous_hash: str,
    hash_: str,
    *searched: str | None,
) -> str:
    """An event with everything that is hashed, its data as exactly the text that was hashed and
    last, so that its hash can be checked without reading JSON."""
    return (
        f'{{"position":{position},"operation":{"null" if operation is None else quoted(operation)},'
        f'"kind":{quoted(kind)},"version":{version},"at":{quoted(at)},'
        f'"previous_hash":{quoted(previous_hash)},"hash":{quoted(hash_)},"data":{data}}}\n'
    )


def _csv_row(
    position: int,
    operation: str | None,
    kind: str,
    version: int,
    at: str,
    data: str,
    previous_hash: str,
    hash_: str,
    album: str | None,
    code: str,
    person: str,
) -> Row:
    texts = (_sentence(kind, data), album or "", code, person, data, previous_hash, hash_)
    place = (position, defused(at), defused(operation or ""), defused(kind), version)
    return (*place, *map(defused, texts))


def _sentence(kind: str, data: str) -> str:
    """The event in words, nothing where its data has been tampered with: the record is exported as
    it is, and whoever verifies it finds that."""
    try:
        told = sentence(kind, json.loads(data))
        told.encode()
        return told
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""


def _csv_text(rows: list[Row]) -> str:
    """By RFC 4180: lines end in CRLF, and quoted is what holds commas, quotes or line breaks."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _written(member: Member, text: str, rows: list[Row]) -> Iterator[bytes]:
    piece = text.encode()
    member.wrote(piece, rows)
    yield piece


class _Pieces:
    """A file that `zipfile` writes to and that is read piece by piece meanwhile."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
