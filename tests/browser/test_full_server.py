"""A web process that has no socket left, as somebody sees it who comes too late."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import sheets
from tests.browser.conftest import Serve, Visit
from tests.demo import Demo

pytestmark = pytest.mark.once

TOO_MANY = "Too many pages are open, so this one asks every"


def test_one_page_too_many_follows_a_sync_without_a_socket_and_gets_one_when_it_is_free(
    serve: Serve, visit: Visit, demo: Demo
) -> None:
    demo.sheet(*sheets.rows(47))
    [server] = serve(MAX_SOCKETS="1")
    first = visit(server)
    late = visit(server, "auditor", live=False)
    chip = late.page.locator("connection-chip")
    expect(chip).to_contain_text(TOO_MANY)
    assert first.sync() == "completed"
    assert late.wait_for_end() == "completed"
    expect(late.cards).to_have_count(47)
    expect(chip).to_contain_text(TOO_MANY)
    shown = late.shown()
    assert shown["parts"]["result"] == first.shown()["parts"]["result"]

    first.context.close()
    expect(chip).to_have_text(re.compile(r"^\s*Live\s"), timeout=120_000)
