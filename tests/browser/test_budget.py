"""What a page costs, and what its sources must never do."""

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from albums.models import Album
from syncengine.models import SyncOperation
from tests.browser.conftest import Visit
from tests.browser.serving import Server
from tests.demo import Demo

pytestmark = pytest.mark.once

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
MODULES = sorted((FRONTEND / "static" / "js").glob("*.js"))
TEMPLATES = sorted(FRONTEND.rglob("*.html"))
MAX_SCRIPT_BYTES = 30 * 1024
UNSAFE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
    r"|setHTMLUnsafe|parseHTMLUnsafe|createContextualFragment"
)


class Inline(HTMLParser):
    """Collects what a content security policy without `unsafe-inline` would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        data = given.get("type") == "application/json"
        if tag == "style" or (tag == "script" and "src" not in given and not data):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith("on") or (value or "").startswith("javascript:"):
                self.found.append(f"<{tag} {name}>")


@pytest.mark.parametrize("path", ["/", "/syncs/", "/syncs/{sync}/", "/syncs/{sync}/replay/"])
def test_all_own_javascript_of_a_page_is_small(product: Server, visit: Visit, path: str) -> None:
    catalog = visit(product)
    if not SyncOperation.objects.exists():
        catalog.sync()
    sync = SyncOperation.objects.latest("first_position").pk
    catalog.page.goto(product.origin + path.format(sync=sync), wait_until="networkidle")
    loaded = catalog.page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => name)"
        ".filter((name) => name.endsWith('.js'))"
    )
    assert len(loaded) == len(set(loaded)) > 10
    bodies = [catalog.context.request.get(name).body() for name in loaded]
    on_the_page = sum(len(gzip.compress(body)) for body in bodies)
    print("JavaScript, gzipped, as served:", path, on_the_page)
    assert on_the_page < MAX_SCRIPT_BYTES


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_no_module_makes_markup_out_of_text(module: Path) -> None:
    assert not UNSAFE.findall(module.read_text())


def test_no_page_has_inline_scripts_or_styles(product: Server, visit: Visit, demo: Demo) -> None:
    catalog = visit(product)
    if not Album.objects.exists():
        catalog.sync()
    album, operation = Album.objects.first(), SyncOperation.objects.first()
    assert album and operation
    paths = ["/", "/?view=list", "/?q=nothing+like+this", "/syncs/", "/accounts/login/"]
    paths += [f"/albums/{album.pk}/", f"/syncs/{operation.pk}/", "/nowhere/"]
    paths += [f"/syncs/{operation.pk}/replay/"]
    paths += [f"/syncs/{operation.pk}/replay/"]
    for path in paths:
        inline = Inline()
        answer = catalog.context.request.get(path)
        inline.feed(answer.text())
        assert not inline.found, path
        assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_scripts_or_styles(template: Path) -> None:
    inline = Inline()
    inline.feed(template.read_text())
    assert not inline.found
