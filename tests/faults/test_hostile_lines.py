"""Titles, names and paths that would forge a line of a log, colour a terminal or turn the text
around: in the log, in what every process writes, and in a terminal they are one harmless line."""

import re
from urllib.parse import quote

from albums.models import Album
from tests.browser import sheets
from tests.commands import manage
from tests.faults.outages import ask
from tests.faults.upstreams import outside_worker, synced
from tests.faults.world import World
from tests.sheets import BLUE_ID, DUMMY_ID
from tests.syncing import current_operation, events

FORGED = "2026-11-24 10:00:00,000 CRITICAL groovelog forged"
HOSTILE = f"Blue\r\n{FORGED}\x1b[31m\x9b1m\u202e\u2066\u2028\x07\x7f"
CLEANED = f"Blue {FORGED}[31m1m"
# How a line of ours begins: a time, a visitor's address, or the greeting.
BEGINS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ |[\d.]+:\d+ - - \[|Worker ")


def test_what_would_forge_a_line_is_one_line(world: World) -> None:
    world.demo.sheet(
        sheets.line(HOSTILE, HOSTILE, "1971", HOSTILE, HOSTILE, BLUE_ID),
        sheets.line("", "", "", "", "", DUMMY_ID),
        sheets.line(HOSTILE, HOSTILE + "x" * 500, "1999", "", "", ""),
        sheets.line(HOSTILE, "", "1999", HOSTILE, "", HOSTILE),
    )
    world.demo.answer(
        f"/v1/albums/{DUMMY_ID}",
        {"id": DUMMY_ID, "name": HOSTILE, "artists": [{"name": HOSTILE}], "label": HOSTILE},
    )
    web = world.web()
    outside_worker(world)
    operation = synced()
    assert (operation["synced"], operation["failed"]) == (2, 2)

    for album in Album.objects.all():
        assert (album.artist, album.title, album.label) == (CLEANED, CLEANED, CLEANED)
    for event in events("album-synced", "album-failed"):
        for text in texts(event.data):
            assert text.isprintable(), text

    # Whoever visits may write into the log, too.
    wrong = {"username": HOSTILE[:100], "password": "wrong"}
    assert ask(web, "/accounts/login/", form=wrong).status == 200
    assert ask(web, f"/albums/{quote(HOSTILE)}/").status == 404
    assert ask(web, f"/?q={quote(HOSTILE)}", "viewer").status == 200
    assert "forged" in web.output
    for process in world.processes:
        for line in process.output.splitlines():
            assert line.isprintable() and BEGINS.match(line), line

    done = manage(world.environment, "sync")
    assert done.returncode == 2, done.stderr
    assert current_operation()["failed"] == 2
    shown = done.stdout.splitlines()
    assert all(line.isprintable() for line in shown)
    assert not any(line.startswith(FORGED[:10]) for line in shown)


def texts(value: object) -> list[str]:
    """Every text anywhere in a piece of JSON."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []
