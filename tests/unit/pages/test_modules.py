"""The page's own modules: all are announced, all are imported in a way that static hashing sees."""

import re
from pathlib import Path

import pytest
from django.conf import settings

FRONTEND = Path(settings.BASE_DIR) / "frontend"
MODULES = sorted((FRONTEND / "static" / "js").glob("*.js"))
# What pages ask for themselves, and where the modules behind it are announced.
ENTRIES = {
    "main.js": "_modules.html",
    "catalog.js": "_catalog_modules.html",
    "sync.js": "_sync_modules.html",
    "history.js": "_history_modules.html",
    "replay.js": "_replay_modules.html",
}
WITHOUT_MAIN = {"main.js", "replay.js"}  # a replay has no use for the live connection
ALONE = {"again.js"}
FORBIDDEN = (
    *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"),
    *("setHTML", "parseHTML", "createContextualFragment", "srcdoc", "javascript:", "dangerously"),
)


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_module_is_preloaded(entry: str):
    """Those of every page are announced on every page."""
    everywhere = set[str]() if entry in WITHOUT_MAIN else behind("main.js")
    assert announced(entry) == behind(entry) - everywhere - {entry}


def test_every_module_belongs_to_a_page():
    used = set[str]().union(*map(behind, ENTRIES))
    assert used | ALONE == {module.name for module in MODULES}


def announced(entry: str) -> set[str]:
    template = FRONTEND / "templates" / ENTRIES[entry]
    return set(re.findall(r"js/([\w-]+\.js)", template.read_text()))


def behind(entry: str) -> set[str]:
    """A module and all that it imports."""
    found, open_ = set[str](), [entry]
    while open_:
        name = open_.pop()
        if name not in found:
            found.add(name)
            source = (FRONTEND / "static" / "js" / name).read_text()
            open_ += re.findall(r'(?:from|import)\s+"\./([^"]+)"', source)
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_imports_are_static_and_lead_to_a_module(module: Path):
    source = module.read_text()
    for target in re.findall(r'\bfrom\s+"([^"]+)"|\bimport\s+"([^"]+)"', source):
        name = "".join(target)
        assert name.startswith("./")
        assert (module.parent / name).is_file()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_text_goes_into_the_page_as_text_only(module: Path):
    source = module.read_text()
    assert not [name for name in FORBIDDEN if name in source]


@pytest.mark.parametrize("path", sorted(FRONTEND.rglob("*.py")), ids=str)
def test_no_text_is_declared_to_be_markup(path: Path):
    source = path.read_text()
    assert not re.search(r"mark_safe|SafeString\(|html_safe|__html__", source)
    assert not re.search(r"format_html(_join)?\((?!\s*['\"])", source)  # a constant, then arguments


@pytest.mark.parametrize("template", sorted((FRONTEND / "templates").rglob("*.html")), ids=str)
def test_templates_have_no_inline_script_or_style(template: Path):
    source = template.read_text()
    assert not re.search(r"\|\s*safe|autoescape", source)
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)
