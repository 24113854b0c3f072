"""The page that stands for every other one while the database is away."""

import shutil
from pathlib import Path

import pytest
from django.db import connection, connections
from playwright.sync_api import expect

from tests.browser.conftest import Serve, Visit
from tests.browser.serving import serving
from tests.browser.test_accessibility import check
from tests.browser.watch import Watch
from tests.demo import Demo


def test_the_page_of_an_outage_gives_way_to_what_was_asked_for(
    serve: Serve, visit: Visit, database: str, demo: Demo, watch: Watch, tmp_path: Path
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("F10 the page of an outage: its database is a folder that is moved away")
    watch.allow("503", "WebSocket connection to")
    connections.close_all()
    here, away = tmp_path / "here", tmp_path / "away"
    here.mkdir()
    shutil.copyfile(database.removeprefix("sqlite:///"), here / "database.sqlite3")
    url = f"sqlite:///{here / 'database.sqlite3'}"
    with serving(url, tmp_path, demo.environment()) as [server]:
        here.rename(away)
        page = visit(server, path="/accounts/login/", live=False).page
        expect(page.locator("h1")).to_have_text("The database does not answer at the moment.")
        expect(page.locator("main")).to_contain_text("Nothing is half-written.")
        expect(page.get_by_role("link", name="Try again")).to_have_attribute(
            "href", "/accounts/login/"
        )
        check(page, "outage")
        away.rename(here)
        expect(page.locator("h1")).to_have_text("Sign in")
