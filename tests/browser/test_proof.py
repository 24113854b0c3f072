"""The page of the proof, and exports, as an auditor uses them."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from syncengine import guard, log, triggers, verify_export
from syncengine.models import SyncEvent, SyncOperation
from tests import second_verifier
from tests.browser import sheets
from tests.browser.conftest import Serve, Visit
from tests.browser.serving import Server
from tests.browser.test_accessibility import check
from tests.browser.watch import Watch
from tests.demo import Demo
from tests.tampering import drop_triggers

pytestmark = pytest.mark.once

PROOF = "/syncs/proof/"


@pytest.fixture
def server(serve: Serve, visit: Visit, demo: Demo) -> Server:
    """A product with a log of one sync."""
    [server] = serve()
    demo.sheet(*sheets.rows(12), *sheets.failing_rows())
    visit(server).sync()
    return server


def press_verify(page: Page) -> None:
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Verified by auditor")).to_be_visible()


def test_an_auditor_verifies_and_reads_how_far_it_holds(server: Server, visit: Visit) -> None:
    page = visit(server, "auditor", PROOF, live=False).page
    check(page, "never verified")
    head = log.head().position
    press_verify(page)
    expect(page.get_by_text(f"Chain and fold hold from position 1 to {head}.")).to_be_visible()
    expect(page.get_by_role("cell", name="the same")).to_have_count(1)
    check(page, "it holds")


def test_what_does_not_hold_is_named_where_it_begins(server: Server, visit: Visit) -> None:
    drop_triggers()
    SyncEvent.objects.filter(pk=6).update(data="{}")
    triggers.install()
    page = visit(server, "auditor", PROOF, live=False).page
    press_verify(page)
    expect(page.get_by_text("the first position where they do not is 6")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("The log does not hold beyond position 5")
    assert guard.finding() is not None
    check(page, "it does not hold")


def test_the_checkpoints_fit_on_a_small_screen(server: Server, visit: Visit) -> None:
    small = {"width": 360, "height": 800}
    page = visit(server, "auditor", PROOF, live=False, viewport=small).page
    table = page.get_by_role("region", name="The newest checkpoints")
    hidden = table.evaluate("(node) => node.scrollWidth - node.clientWidth")
    assert hidden == 0


def test_it_works_without_scripts(server: Server, visit: Visit) -> None:
    page = visit(server, "auditor", PROOF, live=False, java_script_enabled=False).page
    press_verify(page)
    expect(page.get_by_text("It holds")).to_be_visible()


def taken(page: Page, link: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("link", name=link, exact=True).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_the_log_is_taken_away_and_proved_elsewhere(
    server: Server, visit: Visit, tmp_path: Path
) -> None:
    page = visit(server, "auditor", PROOF, live=False).page
    archive = taken(page, "ZIP with manifest", tmp_path)
    marks = taken(page, "Download checkpoints.jsonl", tmp_path)
    verifier = taken(page, "download verify_export.py", tmp_path)
    command = f"python {verifier.name} {archive.name} {marks.name}"
    expect(page.get_by_text(command)).to_be_visible()
    assert verifier.read_bytes() == Path(verify_export.__file__).read_bytes()
    assert verify_export.main([str(archive), str(marks)]) == 0
    assert second_verifier.find_in_zip(archive) == ""
    lines = taken(page, "JSON Lines", tmp_path)
    assert verify_export.main([str(lines), str(marks)]) == 0
    page.reload()
    expect(page.locator(".acts li")).to_have_count(2)
    expect(page.locator(".acts li").first).to_contain_text("auditor exported events of the log")


def test_one_sync_is_taken_away_from_its_page_by_keyboard(
    server: Server, visit: Visit, tmp_path: Path
) -> None:
    operation = SyncOperation.objects.get()
    page = visit(server, "auditor", f"/syncs/{operation.pk}/", live=False).page
    page.get_by_role("link", name="JSON Lines").focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name.startswith(f"sync-{str(operation.pk)[:8]}-")
    lines = file.read_bytes().splitlines(keepends=True)
    assert len(lines) == operation.last_position - operation.first_position + 1
    assert second_verifier.find(lines) == ""


def test_a_viewer_may_not(server: Server, visit: Visit, watch: Watch) -> None:
    watch.allow("status of 403")
    answer = visit(server, "viewer", "", live=False).page.goto(server.origin + PROOF)
    assert answer is not None and answer.status == 403
