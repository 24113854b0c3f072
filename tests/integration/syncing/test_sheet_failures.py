"""A sheet that cannot be read ends the sync `failed` and leaves the catalog as it was."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings

from tests.demo import Demo
from tests.sheets import LINKED
from tests.syncing import ends, events, everything_stored

pytestmark = pytest.mark.once

Sync = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        ("missing", "sheet-not-found"),
        ("hidden", "sheet-private"),
        ("sign-in", "sheet-private"),
        ("html", "sheet-html"),
        ("empty", "sheet-empty"),
        ("header-only", "sheet-empty"),
        ("half", "sheet-shrunk"),
        ("truncated", "sheet-truncated"),
        ("gzip-bomb", "sheet-too-large"),
        ("private-redirect", "sheet-blocked-address"),
        ("broken", "sheet-unavailable"),
    ],
)
def test_what_google_answers_instead_changes_nothing(
    sync: Sync, demo: Demo, sheet: str, code: str
) -> None:
    demo.sheet(*LINKED)
    sync()
    before = everything_stored()
    demo.bomb() if sheet == "gzip-bomb" else demo.behave(sheet=sheet)
    demo.reset_calls()
    operation = sync()
    assert (operation["state"], operation["error"]["code"]) == ("failed", code)
    assert operation["message"] == operation["error"]["message"]
    assert operation["error"]["remedy"]
    assert everything_stored() == before
    assert ends() == ["failed"]
    assert [event.data["stage"] for event in events("stage-started")] == ["sheet"]
    assert not any("/v1/" in endpoint for endpoint in demo.calls()["by_endpoint"])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "sheet-not-configured"),
        ("https://example.com/albums.csv", "sheet-url-unreadable"),
        ("https://docs.google.com/spreadsheets/d/1NoSuchSheetHasEverBeenMadeByAnyoneHere/edit",
         "sheet-not-found"),
        ("{url}#gid=12", "sheet-wrong-tab"),
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_changes_nothing(
    sync: Sync, demo: Demo, settings: LazySettings, url: str, code: str
) -> None:
    demo.sheet(*LINKED)
    sync()
    before = everything_stored()
    settings.GOOGLE_SHEETS_URL = url.format(url=settings.GOOGLE_SHEETS_URL)
    operation = sync()
    assert (operation["state"], operation["error"]["code"]) == ("failed", code)
    assert everything_stored() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Künstler,Album\r\nBjörk,Homogenic\r\n".encode("latin-1"), "sheet-encoding"),
        (b'Artist,Album\r\nBjork,"Homogenic\r\n', "sheet-truncated"),
        (b"Price,Colour\r\n1,red\r\n2,blue\r\n", "sheet-no-header"),
        (b"Artist,Album\r\nBjork," + b"x" * 10_001 + b"\r\n", "sheet-too-large"),
    ],
)
def test_bytes_that_are_no_list_of_albums_change_nothing(
    sync: Sync, demo: Demo, body: bytes, code: str
) -> None:
    demo.sheet(*LINKED)
    sync()
    before = everything_stored()
    demo.sheet_bytes(body)
    assert sync()["error"]["code"] == code
    assert everything_stored() == before


def test_the_sync_after_a_failed_one_works(sync: Sync, demo: Demo) -> None:
    demo.behave(sheet="empty")
    sync()
    demo.behave(sheet="normal")
    assert sync()["state"] == "completed"


def test_google_asking_to_wait_parks_the_sync(sync: Sync, demo: Demo) -> None:
    demo.behave(sheet="throttled")
    operation = sync()
    assert operation["state"] == "waiting"
    assert operation["waiting_service"] == "google"
    assert ends() == []
