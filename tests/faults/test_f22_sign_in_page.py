"""F22: instead of the sheet comes a page on which somebody should sign in, with a 200."""

import pytest

from tests.faults.upstreams import outside_worker, refused, synced
from tests.faults.world import World
from tests.sheets import LINKED
from tests.syncing import in_catalog

pytestmark = pytest.mark.once

PAGE = """<!DOCTYPE html><html><head><title>Google Sheets: Sign-in</title></head><body>
<form action="https://accounts.google.com/ServiceLogin">Artist,Album,Year
Can,Tago Mago,1971</form></body></html>"""
PRIVATE = "The Google Sheet is not shared: Google asks us to sign in."
SHARE = "In the sheet choose Share, General access, Anyone with the link, Viewer."

# As text/csv, whatever they are: what comes first in them gives them away.
DISGUISED = {
    "as it is": PAGE.encode(),
    "behind a byte order mark and blanks": b"\xef\xbb\xbf \r\n\t" + PAGE.encode(),
    "in capitals": PAGE.upper().replace("ACCOUNTS.GOOGLE.COM", "accounts.google.com").encode(),
    "without a doctype": PAGE.removeprefix("<!DOCTYPE html>").encode(),
}


def test_f22_a_page_to_sign_in_on_is_no_sheet(world: World) -> None:
    world.demo.sheet(*LINKED)
    outside_worker(world)
    assert synced()["state"] == "completed"
    before = in_catalog()
    for way in ("sign-in", "hidden"):
        world.demo.behave(sheet=way)
        error = refused("sheet-private")
        assert (error["message"], error["remedy"]) == (PRIVATE, SHARE)
    world.demo.behave(sheet="html")
    assert "web page instead of the sheet" in refused("sheet-html")["message"]
    world.demo.behave(sheet="normal")
    for page in DISGUISED.values():
        world.demo.sheet_bytes(page)
        assert refused("sheet-private")["message"] == PRIVATE
    # What is no page to sign in on, and is no list of albums either.
    world.demo.sheet_bytes(b"<?xml version='1.0'?><rows/>")
    refused("sheet-html")
    world.demo.sheet_bytes(b'{"error": "sign in"}')
    refused("sheet-no-header")
    assert in_catalog() == before
