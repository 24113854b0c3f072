"""F23: the sheet has another encoding, marks, line ends, NUL, or a cell without end: it becomes
rows or an error with a line, and never letters that nobody wrote."""

import pytest

from albums.models import Album
from tests.faults.upstreams import outside_worker, refused, synced
from tests.faults.world import World
from tests.sheets import LINKED
from tests.syncing import in_catalog

pytestmark = pytest.mark.once

# Names that come out as something else in any other encoding than the right one.
NAMES = [
    ("Björk", "Début"),
    ("Кино", "Группа крови"),
    ("はっぴいえんど", "風街ろまん"),
    ("Can", "“Future Days”"),
]
IDS = [row.rpartition(",")[2] for row in LINKED]
LINES = ["Artist,Album,Year,Genre,Label,Spotify"] + [
    f"{artist},{title},,,,{spotify_id}"
    for (artist, title), spotify_id in zip(NAMES, IDS, strict=False)
]
TEXT = "\r\n".join(LINES)
TITLES = {title for _, title in NAMES}

READ = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a byte order mark": TEXT.encode("utf-8-sig"),
    "Unix line ends": TEXT.replace("\r\n", "\n").encode(),
    "old Macintosh line ends": TEXT.replace("\r\n", "\r").encode(),
    "all of them": "\r".join([LINES[0], "\n".join(LINES[1:3]), "\r\n".join(LINES[3:])]).encode(),
    "letters and marks apart": TEXT.replace("ö", "o\u0308").replace("é", "e\u0301").encode(),
    "blanks and zero widths": TEXT.replace("Кино", "\u200b\u00a0Кино\u2009\ufeff").encode(),
    "quoted lines": TEXT.replace("Can,", '"C\r\nan",').replace("C\r\nan", "Can\r\n").encode(),
}
# (bytes, code, and the line or row that the message must name)
REFUSED = {
    "UTF-16 with its mark": (TEXT.encode("utf-16"), "sheet-encoding", "line 1"),
    "UTF-16, little end first": (TEXT.encode("utf-16-le"), "sheet-encoding", "line 1"),
    "UTF-16, big end first": (TEXT.encode("utf-16-be"), "sheet-encoding", "line 1"),
    "UTF-32": (TEXT.encode("utf-32"), "sheet-encoding", "line 1"),
    "Latin 1": (LINES[0].encode() + b"\r\nBj\xf6rk,D\xe9but", "sheet-encoding", "line 2"),
    "Windows 1251": (TEXT.encode("cp1251", "replace"), "sheet-encoding", "line 3"),
    "Shift JIS": ("\r\n".join([LINES[0], "はっぴいえんど,風街ろまん"]).encode("shift-jis"),
                  "sheet-encoding", "line 2"),
    "half a letter": (f"{TEXT}\rBj".encode() + b"\xc3", "sheet-encoding", "line 6"),
    "a lone surrogate": (TEXT.replace("Can", "C\ud800n").encode("utf-8", "surrogatepass"),
                         "sheet-encoding", "line 5"),
    "NUL": (TEXT.replace("Can", "C\0an").encode(), "sheet-encoding", "line 5"),
    "a cell of 200 KB": (f"{TEXT}\r\nCan,{'x' * 200_000}".encode(), "sheet-too-large", "row 6"),
    "a cell of 11 KB": (f"{TEXT}\r\nCan,{'x' * 11_000}".encode(), "sheet-too-large", "row 6"),
    "a quotation mark in a cell": (f'{TEXT}\r\n"Can" x,y'.encode(), "sheet-bad-csv", "line 6"),
}  # fmt: skip


def test_f23_text_of_any_kind_is_read_right_or_refused_with_its_line(world: World) -> None:
    outside_worker(world)
    for name, body in READ.items():
        world.demo.sheet_bytes(body)
        operation = synced()
        assert (operation["state"], operation["failed"]) == ("completed", 0), name
        assert in_catalog() == TITLES, name
        assert set(Album.objects.values_list("artist", "title")) == set(NAMES), name
    for name, (body, code, place) in REFUSED.items():
        world.demo.sheet_bytes(body)
        error = refused(code)
        assert place in error["message"], (name, error["message"])
    assert set(Album.objects.values_list("artist", "title")) == set(NAMES)
