"""The page's own modules: all are announced, all are imported in a way that static hashing sees."""

import re
from pathlib import Path

import pytest
from django.conf import settings

FRONTEND = Path(settings.BASE_DIR) / "frontend"
MODULES = sorted((FRONTEND / "static" / "js").glob("*.js"))
ENTRIES = {"main.js", "again.js"}  # asked for by the pages themselves
FORBIDDEN = (
    *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"),
    *("setHTML", "parseHTML", "createContextualFragment", "srcdoc", "javascript:", "dangerously"),
)


def test_every_module_is_preloaded():
    announced = set(
        re.findall(r"js/([\w-]+\.js)", (FRONTEND / "templates/_modules.html").read_text())
    )
    assert announced == {module.name for module in MODULES} - ENTRIES


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
