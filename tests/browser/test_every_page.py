"""Every page there is, in a real browser: the content security policy never has to step in."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from albums.models import Album
from syncengine.models import SyncOperation
from tests.browser.conftest import Visit
from tests.browser.serving import Server
from tests.browser.watch import Watch
from tests.demo import Demo
from tests.routes import addresses

pytestmark = pytest.mark.once

REFUSALS = r"status of (400|403|404|405)"  # said by the browser of any answer with an error

DOWNLOADS = (".csv", ".jsonl", ".zip", ".py")


@pytest.fixture
def chief(product: Server) -> Any:
    """A superuser, for the pages of the admin."""
    user, _ = User.objects.get_or_create(username="chief", is_staff=True, is_superuser=True)
    return user


def test_no_page_asks_for_what_the_policy_refuses(
    product: Server, chief: User, visit: Visit, watch: Watch, demo: Demo
) -> None:
    watch.allow(REFUSALS)
    catalog = visit(product, "chief")
    if not Album.objects.exists():
        catalog.sync()
    known = {
        "album_id": Album.objects.all()[0].pk,
        "operation_id": SyncOperation.objects.all()[0].pk,
        "object_id": chief.pk,
        "id": chief.pk,
        "content_type_id": 1,
    }
    no_pages = ("/spotify-logo", *DOWNLOADS)
    paths = [path for path in addresses(**known) if not path.endswith(no_pages)]
    paths += ["/?view=list", "/?q=nothing+like+this", "/?sort=loudness", "/nowhere"]
    for path in paths:
        answer = catalog.page.goto(path)
        assert answer is not None and "content-security-policy" in answer.headers, path
    for name in ("viewer", ""):
        answer = visit(product, name, "/syncs/", live=False).page.goto("/syncs/")
        assert answer is not None and answer.status == (403 if name else 200)


def test_a_script_that_was_slipped_in_does_not_run_and_is_noticed(
    product: Server, visit: Visit, watch: Watch
) -> None:
    watch.allow("CSP: script-src", "Content Security Policy")
    page = visit(product).page
    with page.expect_console_message(lambda message: message.text.startswith("CSP: script-src")):
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'),"
            " { text: 'window.owned = true' }))"
        )
    assert page.evaluate("window.owned === undefined")
